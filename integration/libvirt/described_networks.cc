// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/described_devices.h"

namespace qsbx {
namespace {

// Of libvirt's choice where a card has no model.
std::string default_model(const DescribedMachine& machine) {
  return machine.is_virt() ? "virtio" : "rtl8139";
}

bool is_virtio(const std::string& model) { return model.starts_with("virtio"); }

void add_card(const std::string& model, DescribedMachine& machine) {
  if (is_virtio(model)) {
    machine.add_virtio_device("virtio-net", model);
  } else {
    machine.add_device(model);
  }
}

// libvirt passes vhost's descriptors where it can open them, and does without otherwise.
void add_tap(const std::string& model, const std::string& driver, DescribedMachine& machine) {
  const bool may_have_vhost = is_virtio(model) && driver != "qemu";
  const bool has_vhost = may_have_vhost && (machine.is_kvm() || driver == "vhost");
  if (driver != "vhost" || !has_vhost) machine.add("netdev", "tap");
  if (has_vhost) machine.add("netdev", "tap,vhost=on");
}

bool is_socket(const std::string& type) {
  return type == "udp" || type == "mcast" || type == "server" || type == "client";
}

bool is_tap(const std::string& type) {
  return type == "network" || type == "bridge" || type == "direct" || type == "ethernet";
}

// A network of libvirt's may hand out devices of the host instead of taps.
void note_network(const Element& interface, DescribedMachine& machine) {
  machine.note("the network " + interface.child("source").get("network") +
               " is taken for one that gives taps");
}

Status add_user_network(const Element& interface, DescribedMachine& machine) {
  const std::string backend = interface.child("backend").get("type", "default");
  if (backend == "default") {
    machine.add("netdev", "user");
  } else if (backend == "passt") {
    machine.add("netdev", "stream");
  } else {
    return not_understood(interface.child("backend"), "type");
  }
  return Done{};
}

Status add_vhost_user_network(const Element& interface, DescribedMachine& machine) {
  machine.add("netdev", "vhost-user");
  return read_described_chardev(interface, "unix", machine);
}

Status check_interface(const Element& interface) {
  return check_children(
      interface,
      {"mac",    "source",     "target",  "model", "driver",   "address",   "alias",
       "boot",   "bandwidth",  "vlan",    "link",  "mtu",      "filterref", "virtualport",
       "script", "downscript", "rom",     "tune",  "coalesce", "guest",     "portForward",
       "ip",     "route",      "backend", "acpi",  "port"});
}

}  // namespace

Status read_described_interface(const Element& interface, DescribedMachine& machine) {
  if (Status known = check_interface(interface); !known) return known;
  const std::string type = interface.get("type");
  if (type == "hostdev") {
    machine.add_device("vfio-pci");
    return Done{};
  }
  const std::string model = interface.child("model").get("type", default_model(machine));
  add_card(model, machine);
  if (type == "network") note_network(interface, machine);
  if (is_tap(type)) {
    add_tap(model, interface.child("driver").get("name"), machine);
  } else if (is_socket(type)) {
    machine.add("netdev", "socket");
  } else if (type == "user") {
    return add_user_network(interface, machine);
  } else if (type == "vhostuser") {
    return add_vhost_user_network(interface, machine);
  } else if (type == "vdpa") {
    machine.add("netdev", "vhost-vdpa");
  } else {
    return not_understood(interface, "type");
  }
  return Done{};
}

}  // namespace qsbx
