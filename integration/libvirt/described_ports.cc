// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Character devices: what is in front of them, and what is behind.
#include <map>

#include "integration/libvirt/described_devices.h"

namespace qsbx {
namespace {

using Names = std::map<std::string, std::string>;

// QEMU's name for the type of a character device; empty where it is not understood.
std::string backend_of(const std::string& type, const std::string& element) {
  if (type == "dev") return element == "parallel" ? "parallel" : "serial";
  static const Names backends = {
      {"pty", "pty"},           {"file", "file"},           {"pipe", "pipe"},
      {"stdio", "stdio"},       {"tcp", "socket"},          {"unix", "socket"},
      {"udp", "udp"},           {"null", "null"},           {"vc", "vc"},
      {"spicevmc", "spicevmc"}, {"spiceport", "spiceport"}, {"qemu-vdagent", "qemu-vdagent"},
      {"dbus", "dbus"}};
  const auto backend = backends.find(type);
  return backend == backends.end() ? "" : backend->second;
}

Status add_serial_device(const Element& serial, DescribedMachine& machine) {
  static const Names devices = {{"isa-serial", "isa-serial"},
                                {"usb-serial", "usb-serial"},
                                {"pci-serial", "pci-serial"},
                                {"isa-debugcon", "isa-debugcon"}};
  static const Names models = {{"isa-serial", "isa-serial"},
                               {"usb-serial", "usb-serial"},
                               {"pci-serial", "pci-serial"},
                               {"isa-debug", "isa-debugcon"}};
  const Element target = serial.child("target");
  const std::string type = target.get("type", machine.is_x86() ? "isa-serial" : "system-serial");
  const std::string model = target.child("model").get("name");
  if (type == "system-serial") return Done{};  // of the board
  const auto& names = model.empty() ? models : devices;
  const auto device = names.find(model.empty() ? type : model);
  if (device == names.end()) return not_understood(target, "type");
  machine.add_device(device->second);
  return Done{};
}

// The first console of a guest is its first serial port, under another name.
Status add_console_device(const Element& console, DescribedMachine& machine) {
  const std::string type = console.child("target").get("type", "serial");
  if (type == "virtio") {
    machine.add_device("virtio-serial-pci");
    machine.add_device("virtconsole");
  } else if (type != "serial") {
    return not_understood(console.child("target"), "type");
  } else if (machine.is_x86()) {
    machine.add_device("isa-serial");
  }
  return Done{};
}

Status add_channel_device(const Element& channel, DescribedMachine& machine) {
  const std::string type = channel.child("target").get("type");
  if (type == "virtio") {
    machine.add_device("virtio-serial-pci");
    machine.add_device("virtserialport");
  } else if (type == "guestfwd") {
    machine.add("netdev", "user");
  } else {
    return not_understood(channel.child("target"), "type");
  }
  return Done{};
}

Status add_port_device(const Element& port, DescribedMachine& machine) {
  const std::string name = port.name();
  if (name == "serial") return add_serial_device(port, machine);
  if (name == "console") return add_console_device(port, machine);
  if (name == "channel") return add_channel_device(port, machine);
  machine.add_device("isa-parallel");
  return Done{};
}

}  // namespace

Status read_described_chardev(const Element& device, const std::string& type,
                              DescribedMachine& machine) {
  const std::string backend = backend_of(type, device.name());
  if (backend.empty()) return not_understood(device, "type");
  machine.add_chardev(backend);
  for (const Element& source : device.children("source")) {
    if (Status known = check_children(source, {"seclabel", "reconnect"}); !known) return known;
    if (source.get("tls") == "yes") machine.add_object("tls-creds-x509");
  }
  return Done{};
}

Status read_described_port(const Element& port, DescribedMachine& machine) {
  if (Status known = check_children(port, {"source", "target", "alias", "address", "protocol",
                                           "log", "acpi", "clipboard", "mouse"});
      !known) {
    return known;
  }
  if (Status added = add_port_device(port, machine); !added) return added;
  return read_described_chardev(port, port.get("type"), machine);
}

}  // namespace qsbx
