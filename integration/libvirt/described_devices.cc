// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/described_devices.h"

#include <algorithm>
#include <map>

namespace qsbx {
namespace {

using Names = std::map<std::string, std::string>;
using Reader = Status (*)(const Element&, DescribedMachine&);

Status ignore(const Element&, DescribedMachine&) { return Done{}; }

// What every device may have.
Status check_device(const Element& device, std::initializer_list<std::string_view> own) {
  for (const Element& child : device.children()) {
    const std::string name = child.name();
    if (name == "address" || name == "alias" || name == "acpi") continue;
    if (std::ranges::find(own, name) == own.end()) return not_understood(child);
  }
  return Done{};
}

// The device that a table has for the value of an attribute. Empty: none.
Status add_by(const Element& element, const char* attribute, const std::string& value,
              const Names& devices, DescribedMachine& machine) {
  const auto device = devices.find(value);
  if (device == devices.end()) return not_understood(element, attribute);
  if (!device->second.empty()) machine.add_device(device->second);
  return Done{};
}

Status read_hub(const Element& hub, DescribedMachine& machine) {
  if (Status known = check_device(hub, {}); !known) return known;
  return add_by(hub, "type", hub.get("type"), {{"usb", "usb-hub"}}, machine);
}

Status read_filesystem(const Element& filesystem, DescribedMachine& machine) {
  if (Status known = check_device(filesystem, {"driver", "binary", "source", "target", "readonly",
                                               "idmap", "space_hard_limit", "space_soft_limit"});
      !known) {
    return known;
  }
  const std::string driver = filesystem.child("driver").get("type", "path");
  if (driver == "virtiofs") {
    machine.add_device("vhost-user-fs-pci");
    machine.add_chardev("socket");
    return Done{};
  }
  if (driver != "path" && driver != "handle") {
    return not_understood(filesystem.child("driver"), "type");
  }
  if (filesystem.get("type", "mount") != "mount") return not_understood(filesystem, "type");
  machine.add("fsdev", "local");
  machine.add_virtio_device("virtio-9p", filesystem.get("model"));
  return Done{};
}

Status read_scsi_host_device(const Element& device, DescribedMachine& machine) {
  const std::string protocol = device.child("source").get("protocol", "host_device");
  machine.add("blockdev", "driver=" + protocol);
  machine.add_device("scsi-generic");
  return Done{};
}

Status read_hostdev(const Element& device, DescribedMachine& machine) {
  if (Status known = check_device(
          device, {"source", "boot", "rom", "driver", "teaming", "readonly", "shareable"});
      !known) {
    return known;
  }
  if (device.get("mode") == "capabilities") return not_understood(device, "mode");
  if (device.get("type") == "scsi") return read_scsi_host_device(device, machine);
  static const Names devices = {{"usb", "usb-host"},
                                {"pci", "vfio-pci"},
                                {"mdev", "vfio-pci"},
                                {"scsi_host", "vhost-scsi-pci"}};
  return add_by(device, "type", device.get("type"), devices, machine);
}

Status read_redirected(const Element& device, DescribedMachine& machine) {
  if (Status known = check_device(device, {"source", "protocol", "log", "boot"}); !known) {
    return known;
  }
  machine.add_device("usb-redir");
  return read_described_chardev(device, device.get("type"), machine);
}

Status read_smartcard(const Element& card, DescribedMachine& machine) {
  if (Status known = check_device(card, {"source", "protocol", "certificate", "database", "log"});
      !known) {
    return known;
  }
  machine.add_device("usb-ccid");
  if (card.get("mode") != "passthrough") {
    machine.add_device("ccid-card-emulated");
    return Done{};
  }
  machine.add_device("ccid-card-passthru");
  return read_described_chardev(card, card.get("type"), machine);
}

Status read_passed_input(const Element& input, DescribedMachine& machine) {
  if (input.get("type") == "evdev") {
    machine.add_object("input-linux");
  } else {
    machine.add_virtio_device("virtio-input-host", input.get("model"));
  }
  return Done{};
}

Status read_input(const Element& input, DescribedMachine& machine) {
  if (Status known = check_device(input, {"source", "driver"}); !known) return known;
  const std::string type = input.get("type");
  if (type == "evdev" || type == "passthrough") return read_passed_input(input, machine);
  static const Names usb = {
      {"tablet", "usb-tablet"}, {"mouse", "usb-mouse"}, {"keyboard", "usb-kbd"}};
  static const Names virtio = {{"tablet", "virtio-tablet-pci"},
                               {"mouse", "virtio-mouse-pci"},
                               {"keyboard", "virtio-keyboard-pci"}};
  const bool has_ps2 = machine.is_x86() && type != "tablet";
  const std::string bus = input.get("bus", has_ps2 ? "ps2" : "usb");
  if (bus == "ps2") return Done{};
  if (bus == "usb") return add_by(input, "type", type, usb, machine);
  if (bus == "virtio") return add_by(input, "type", type, virtio, machine);
  return not_understood(input, "bus");
}

// Which one it is where nothing is said depends on the version of libvirt, and of the TPM.
Status add_tpm_device(const Element& tpm, DescribedMachine& machine) {
  static const Names devices = {
      {"tpm-tis", "tpm-tis"}, {"tpm-crb", "tpm-crb"}, {"tpm-tis-device", "tpm-tis-device"}};
  const std::string model = tpm.get("model");
  if (!model.empty()) return add_by(tpm, "model", model, devices, machine);
  if (!machine.is_x86()) {
    machine.add_device("tpm-tis-device");
    return Done{};
  }
  machine.add_device("tpm-tis");
  machine.add_device("tpm-crb");
  return Done{};
}

Status read_tpm(const Element& tpm, DescribedMachine& machine) {
  if (Status known = check_device(tpm, {"backend"}); !known) return known;
  if (Status added = add_tpm_device(tpm, machine); !added) return added;
  const std::string backend = tpm.child("backend").get("type");
  if (backend == "passthrough") {
    machine.add("tpmdev", "passthrough");
  } else if (backend == "emulator" || backend == "external") {
    machine.add_chardev("socket");
    machine.add("tpmdev", "emulator");
  } else {
    return not_understood(tpm.child("backend"), "type");
  }
  return Done{};
}

Status read_graphics(const Element& graphics, DescribedMachine& machine) {
  const std::string type = graphics.get("type");
  if (type == "vnc") {
    machine.add("vnc", ":0");
    machine.note("a VNC server may have TLS and SASL besides, by libvirt's qemu.conf");
  } else if (type == "spice") {
    machine.add("spice", "port=0");
  } else if (type == "sdl" || type == "egl-headless" || type == "dbus") {
    machine.add("display", type);
  } else if (type == "rdp") {
    machine.add("display", "dbus");
  } else {
    return not_understood(graphics, "type");
  }
  return Done{};
}

bool is_first_video(const DescribedMachine& machine) {
  return std::ranges::none_of(machine.devices(), [](const std::string& device) {
    return device == "VGA" || device.ends_with("-vga") || device.starts_with("virtio-gpu") ||
           device == "bochs-display" || device.starts_with("vhost-user-gpu") ||
           device.starts_with("virtio-vga");
  });
}

// The first screen of a PC is one that has a VGA as well.
std::string virtio_screen(bool is_vga, const std::string& ending) {
  return (is_vga ? "virtio-vga" : "virtio-gpu") + ending + (is_vga ? "" : "-pci");
}

Status add_virtio_video(const Element& video, DescribedMachine& machine) {
  const Element model = video.child("model");
  const bool is_vga = machine.is_x86() && is_first_video(machine);
  if (video.child("driver").get("name") == "vhostuser") {
    machine.add_device(is_vga ? "vhost-user-vga" : "vhost-user-gpu-pci");
    machine.add_chardev("socket");
    return Done{};
  }
  const bool accelerated = model.child("acceleration").get("accel3d") == "yes";
  const std::string blob = model.get("blob") == "on" ? ",blob=on" : "";
  machine.add_device(virtio_screen(is_vga, accelerated ? "-gl" : "") + blob);
  return Done{};
}

Status read_video(const Element& video, DescribedMachine& machine) {
  if (Status known = check_device(video, {"model", "driver"}); !known) return known;
  const Element model = video.child("model");
  if (Status known = check_children(model, {"acceleration", "resolution"}); !known) return known;
  const std::string type = model.get("type", machine.is_virt() ? "virtio" : "cirrus");
  if (type == "virtio") return add_virtio_video(video, machine);
  if (type == "qxl") {
    machine.add_device(is_first_video(machine) ? "qxl-vga" : "qxl");
    return Done{};
  }
  static const Names devices = {{"vga", "VGA"},           {"cirrus", "cirrus-vga"},
                                {"vmvga", "vmware-svga"}, {"bochs", "bochs-display"},
                                {"ramfb", "ramfb"},       {"none", ""}};
  return add_by(model, "type", type, devices, machine);
}

Status add_codecs(const Element& sound, DescribedMachine& machine) {
  static const Names codecs = {
      {"duplex", "hda-duplex"}, {"micro", "hda-micro"}, {"output", "hda-output"}};
  const std::vector<Element> described = sound.children("codec");
  if (described.empty()) machine.add_device("hda-duplex");
  for (const Element& codec : described) {
    if (Status added = add_by(codec, "type", codec.get("type"), codecs, machine); !added) {
      return added;
    }
  }
  return Done{};
}

Status read_sound(const Element& sound, DescribedMachine& machine) {
  if (Status known = check_device(sound, {"codec", "audio", "driver"}); !known) return known;
  static const Names devices = {{"ich6", "intel-hda"},
                                {"ich9", "ich9-intel-hda"},
                                {"ac97", "AC97"},
                                {"es1370", "ES1370"},
                                {"sb16", "sb16"},
                                {"usb", "usb-audio"},
                                {"virtio", "virtio-sound-pci"},
                                {"pcspk", ""}};
  const std::string model = sound.get("model");
  if (Status added = add_by(sound, "model", model, devices, machine); !added) return added;
  return model.starts_with("ich") ? add_codecs(sound, machine) : Status(Done{});
}

Status read_audio(const Element& audio, DescribedMachine& machine) {
  static const Names others = {{"pulseaudio", "pa"}, {"file", "wav"}};
  const std::string type = audio.get("type");
  const auto other = others.find(type);
  machine.add("audiodev", other == others.end() ? type : other->second);
  return Done{};
}

Status read_watchdog(const Element& watchdog, DescribedMachine& machine) {
  if (Status known = check_device(watchdog, {}); !known) return known;
  static const Names devices = {{"i6300esb", "i6300esb"}, {"ib700", "ib700"}, {"itco", ""}};
  return add_by(watchdog, "model", watchdog.get("model"), devices, machine);
}

Status read_balloon(const Element& balloon, DescribedMachine& machine) {
  if (Status known = check_device(balloon, {"stats", "driver"}); !known) return known;
  const std::string model = balloon.get("model");
  if (model == "none") return Done{};
  if (!model.starts_with("virtio")) return not_understood(balloon, "model");
  machine.add_virtio_device("virtio-balloon", model);
  return Done{};
}

Status read_rng(const Element& rng, DescribedMachine& machine) {
  if (Status known = check_device(rng, {"backend", "rate", "driver"}); !known) return known;
  machine.add_virtio_device("virtio-rng", rng.get("model"));
  const Element backend = rng.child("backend");
  const std::string model = backend.get("model");
  if (model != "random" && model != "egd" && model != "builtin") {
    return not_understood(backend, "model");
  }
  machine.add_object("rng-" + model);
  return model == "egd" ? read_described_chardev(backend, backend.get("type"), machine)
                        : Status(Done{});
}

Status read_panic(const Element& panic, DescribedMachine& machine) {
  if (Status known = check_device(panic, {}); !known) return known;
  static const Names devices = {
      {"isa", "pvpanic"}, {"pvpanic", "pvpanic-pci"}, {"hyperv", ""}, {"pseries", ""}};
  const std::string standard = machine.is_x86() ? "isa" : "pvpanic";
  return add_by(panic, "model", panic.get("model", standard), devices, machine);
}

Status read_shared_memory(const Element& memory, DescribedMachine& machine) {
  if (Status known = check_device(memory, {"model", "size", "server", "msi"}); !known) {
    return known;
  }
  const std::string model = memory.child("model").get("type", "ivshmem-plain");
  machine.add_device(model);
  if (model == "ivshmem-plain") {
    machine.add_object("memory-backend-file");
  } else if (model == "ivshmem-doorbell") {
    machine.add_chardev("socket");
  } else {
    return not_understood(memory.child("model"), "type");
  }
  return Done{};
}

Status read_memory_device(const Element& memory, DescribedMachine& machine) {
  if (Status known = check_device(memory, {"source", "target", "uuid"}); !known) return known;
  static const Names devices = {{"dimm", "pc-dimm"},
                                {"nvdimm", "nvdimm"},
                                {"virtio-pmem", "virtio-pmem-pci"},
                                {"virtio-mem", "virtio-mem-pci"},
                                {"sgx-epc", ""}};
  const std::string model = memory.get("model");
  if (Status added = add_by(memory, "model", model, devices, machine); !added) return added;
  const bool of_a_file = model == "nvdimm" || model == "virtio-pmem";
  machine.add_object(model == "sgx-epc" ? "memory-backend-epc"
                     : of_a_file        ? "memory-backend-file"
                                        : memory_backend_of(memory, machine));
  return Done{};
}

Status read_iommu(const Element& iommu, DescribedMachine& machine) {
  if (Status known = check_device(iommu, {"driver"}); !known) return known;
  static const Names devices = {{"intel", "intel-iommu"},
                                {"virtio", "virtio-iommu-pci"},
                                {"amd", "amd-iommu"},
                                {"smmuv3", ""}};
  return add_by(iommu, "model", iommu.get("model"), devices, machine);
}

Status read_vsock(const Element& vsock, DescribedMachine& machine) {
  if (Status known = check_device(vsock, {"cid", "driver"}); !known) return known;
  machine.add_virtio_device("vhost-vsock", vsock.get("model"));
  return Done{};
}

Status read_crypto(const Element& crypto, DescribedMachine& machine) {
  if (Status known = check_device(crypto, {"backend", "driver"}); !known) return known;
  machine.add_object("cryptodev-backend-" + crypto.child("backend").get("model"));
  machine.add_virtio_device("virtio-crypto", "");
  return Done{};
}

const std::map<std::string, Reader>& readers() {
  static const std::map<std::string, Reader> readers = {
      {"audio", read_audio},
      {"channel", read_described_port},
      {"console", read_described_port},
      {"controller", read_described_controller},
      {"crypto", read_crypto},
      {"disk", read_described_disk},
      {"emulator", ignore},
      {"filesystem", read_filesystem},
      {"graphics", read_graphics},
      {"hostdev", read_hostdev},
      {"hub", read_hub},
      {"input", read_input},
      {"interface", read_described_interface},
      {"iommu", read_iommu},
      {"lease", ignore},  // a lock that libvirt holds
      {"memballoon", read_balloon},
      {"memory", read_memory_device},
      {"panic", read_panic},
      {"parallel", read_described_port},
      {"redirdev", read_redirected},
      {"redirfilter", ignore},
      {"rng", read_rng},
      {"serial", read_described_port},
      {"shmem", read_shared_memory},
      {"smartcard", read_smartcard},
      {"sound", read_sound},
      {"tpm", read_tpm},
      {"video", read_video},
      {"vsock", read_vsock},
      {"watchdog", read_watchdog},
  };
  return readers;
}

bool has_controller(const Element& devices, const std::string& type) {
  return std::ranges::any_of(devices.children("controller"), [&](const Element& controller) {
    return controller.get("type") == type;
  });
}

bool has_bus(const Element& devices, const std::string& bus) {
  return std::ranges::any_of(devices.children("disk"), [&](const Element& disk) {
    const std::string there = disk.child("target").get("bus");
    return there == bus ||
           (there.empty() && bus == "scsi" && disk.child("target").get("dev").starts_with("sd"));
  });
}

// Of PCI, but not of PCI Express.
bool has_conventional_device(const DescribedMachine& machine) {
  static const std::set<std::string> conventional = {
      "AC97",
      "ES1370",
      "am53c974",
      "dc390",
      "e1000",
      "i6300esb",
      "intel-hda",
      "ivshmem-plain",
      "ivshmem-doorbell",
      "lsi",
      "megasas",
      "mptsas1068",
      "ne2k_pci",
      "pci-bridge",
      "pci-ohci",
      "pci-serial",
      "pcnet",
      "piix3-usb-uhci",
      "pvpanic-pci",
      "rtl8139",
      "usb-ehci",
      "virtio-crypto-pci",
  };
  return std::ranges::any_of(machine.devices(), [](const std::string& device) {
    return conventional.contains(device) || device.ends_with("-transitional");
  });
}

void add_missing_controllers(const Element& devices, DescribedMachine& machine) {
  const bool has_pcie = machine.is_q35() || machine.is_virt();
  if (!has_controller(devices, "usb") && machine.board() != "microvm") {
    machine.add_device(has_pcie ? "qemu-xhci" : "piix3-usb-uhci");
  }
  if (has_bus(devices, "scsi") && !has_controller(devices, "scsi")) {
    machine.add_device(machine.is_x86() ? "lsi" : "virtio-scsi-pci");
  }
  if (has_bus(devices, "sata") && !has_pcie) machine.add_device("ahci");
  if (!has_pcie) return;
  machine.add_device("pcie-root-port");
  if (has_conventional_device(machine)) machine.add_device("pcie-pci-bridge");
}

bool is_on_usb(const Element& device) {
  const std::string name = device.name();
  const bool has_bus = device.get("bus") == "usb" || device.child("target").get("bus") == "usb";
  return has_bus || name == "smartcard" || (name == "sound" && device.get("model") == "usb") ||
         (name == "hostdev" && device.get("type") == "usb") ||
         device.child("target").get("type") == "usb-serial" ||
         (name == "input" && device.get("type") == "tablet" && device.get("bus").empty());
}

// The fewest that a controller has.
constexpr long kUsbPorts = 2;

void add_missing_hub(const Element& devices, DescribedMachine& machine) {
  const std::vector<Element> all = devices.children();
  if (std::ranges::count_if(all, is_on_usb) > kUsbPorts) machine.add_device("usb-hub");
}

// What a guest gets that does not say that it wants none.
void add_standard_devices(const Element& devices, DescribedMachine& machine) {
  if (devices.children("memballoon").empty()) machine.add_virtio_device("virtio-balloon", "");
  const bool has_screen = !devices.children("graphics").empty();
  if (has_screen && devices.children("video").empty()) {
    machine.add_device(machine.is_virt() ? "virtio-gpu-pci" : "cirrus-vga");
  }
  if (!has_screen) machine.add("display", "none");
  if (!devices.children("audio").empty()) return;
  machine.add("audiodev", "none");
  for (const Element& graphics : devices.children("graphics")) {
    const std::string type = graphics.get("type");
    if (type == "spice" || type == "sdl") machine.add("audiodev", type);
  }
}

}  // namespace

Status read_described_devices(const Element& devices, DescribedMachine& machine) {
  for (const Element& device : devices.children()) {
    const auto reader = readers().find(device.name());
    if (reader == readers().end()) return not_understood(device);
    if (Status read = reader->second(device, machine); !read) return read;
  }
  add_missing_controllers(devices, machine);
  add_missing_hub(devices, machine);
  add_standard_devices(devices, machine);
  return Done{};
}

}  // namespace qsbx
