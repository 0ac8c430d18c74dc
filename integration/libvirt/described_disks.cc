// SPDX-License-Identifier: LGPL-2.1-or-later
#include <map>

#include "integration/libvirt/described_devices.h"
#include "src/machine/image_files.h"

namespace qsbx {
namespace {

using Names = std::map<std::string, std::string>;

std::string begin_of(const std::string& text, size_t length) { return text.substr(0, length); }

// The bus of a target that names none, as libvirt guesses it.
std::string bus_of(const Element& disk) {
  const Element target = disk.child("target");
  if (std::string bus = target.get("bus"); !bus.empty()) return bus;
  static const Names buses = {{"vd", "virtio"}, {"hd", "ide"}, {"sd", "scsi"}, {"fd", "fdc"}};
  const auto bus = buses.find(begin_of(target.get("dev"), 2));
  return bus == buses.end() ? "" : bus->second;
}

Status add_disk_device(const Element& disk, DescribedMachine& machine) {
  const std::string bus = bus_of(disk);
  const std::string kind = disk.get("device", "disk");
  const std::string ending = kind == "cdrom" ? "cd" : "hd";
  if (bus == "virtio") {
    machine.add_virtio_device("virtio-blk", disk.get("model"));
  } else if (bus == "scsi") {
    machine.add_device(kind == "lun" ? "scsi-block" : "scsi-" + ending);
  } else if (bus == "ide" || bus == "sata") {
    machine.add_device("ide-" + ending);
  } else if (bus == "fdc") {
    machine.add_device("floppy");
    if (machine.is_q35()) machine.add_device("isa-fdc");  // others have one
  } else if (bus == "usb") {
    machine.add_device("usb-storage");
  } else if (bus == "nvme") {
    machine.add_device("nvme-ns");
  } else if (bus == "sd") {
    machine.add_device("sd-card");
  } else {
    const Element target = disk.child("target");
    return target ? not_understood(target, "bus") : error_at(disk, "it has no <target>");
  }
  return Done{};
}

// A node that QEMU opens for this source, without its format. Empty: there is none.
Result<std::vector<std::string>> protocols_of(const Element& source, const std::string& type,
                                              const std::string& device) {
  using Drivers = std::vector<std::string>;
  if (type == "file") return Drivers{"file"};
  if (type == "block" && device == "cdrom") return Drivers{"host_device", "host_cdrom"};
  if (type == "block") return Drivers{"host_device"};
  if (type == "dir") return Drivers{"vvfat"};
  if (type == "nvme") return Drivers{"nvme"};
  if (type == "vhostvdpa") return Drivers{"virtio-blk-vhost-vdpa"};
  if (type == "network") return Drivers{source.get("protocol")};
  if (type == "volume") {
    return error_at(source, "what a volume is, only libvirt's storage pool knows");
  }
  return Drivers{};
}

std::string format_of(const Element& format) {
  const std::string type = format.get("type", "raw");
  return type == "iso" || type == "dir" ? "raw" : type;
}

void add_image(const std::string& format, const std::string& protocol, const std::string& aio,
               DescribedMachine& machine) {
  std::string value = "driver=" + format + ",file.driver=" + protocol;
  if (!aio.empty()) value += ",file.aio=" + aio;
  machine.add("blockdev", value);
}

Status check_source(const Element& source) {
  return check_children(
      source, {"host", "reservations", "encryption", "auth", "slices", "ssl", "cookies",
               "readahead", "timeout", "initiator", "snapshot", "config", "address", "seclabel",
               "reconnect", "identity", "knownHosts"});
}

void add_what_source_needs(const Element& source, DescribedMachine& machine) {
  if (source.child("reservations")) machine.add_object("pr-manager-helper");
  if (source.child("auth") || source.child("cookies")) machine.add_object("secret");
  if (source.get("tls") == "yes") machine.add_object("tls-creds-x509");
}

void add_encryption(const Element& encryption, DescribedMachine& machine) {
  if (!encryption) return;
  machine.add_object("secret");
  if (encryption.get("format") == "luks") machine.add("blockdev", "driver=luks");
}

Status add_source(const Element& holder, const std::string& type, const std::string& device,
                  const std::string& format, const std::string& aio, DescribedMachine& machine) {
  const Element source = holder.child("source");
  if (Status known = check_source(source); !known) return known;
  const auto protocols = protocols_of(source, type, device);
  if (!protocols) return protocols.error();
  if (protocols->empty() || protocols->front().empty()) return not_understood(holder, "type");
  for (const std::string& protocol : *protocols) {
    const bool has_aio = protocol == "file" || protocol.starts_with("host_");
    add_image(format, protocol, has_aio ? aio : "", machine);
  }
  add_what_source_needs(source, machine);
  add_encryption(source.child("encryption"), machine);
  return Done{};
}

// The images below the first, each in the one above.
Status add_named_chain(const Element& store, const std::string& aio, DescribedMachine& machine) {
  if (Status known = check_children(store, {"format", "source", "backingStore", "encryption"});
      !known) {
    return known;
  }
  if (!store.child("source")) return Done{};  // the end of the chain
  if (Status added = add_source(store, store.get("type", "file"), "disk",
                                format_of(store.child("format")), aio, machine);
      !added) {
    return added;
  }
  const Element next = store.child("backingStore");
  return next ? add_named_chain(next, aio, machine) : Status(Done{});
}

// libvirt reads it off the image when the guest starts.
void add_chain_of_image(const std::string& file, const std::string& aio,
                        DescribedMachine& machine) {
  if (files_of_image(file).empty()) return;
  machine.note(file + " is based on other images; raw and qcow2 files are assumed");
  for (const char* format : {"raw", "qcow2"}) add_image(format, "file", aio, machine);
}

Status add_images(const Element& disk, const std::string& type, DescribedMachine& machine) {
  const Element driver = disk.child("driver");
  const std::string aio = driver.get("io");
  const std::string format = format_of(driver);
  if (Status added = add_source(disk, type, disk.get("device", "disk"), format, aio, machine);
      !added) {
    return added;
  }
  if (driver.get("copy_on_read") == "on") machine.add("blockdev", "driver=copy-on-read");
  if (const Element store = disk.child("backingStore")) return add_named_chain(store, aio, machine);
  const std::string file = disk.child("source").get("file", disk.child("source").get("dev"));
  if (!file.empty() && format != "raw") add_chain_of_image(file, aio, machine);
  return Done{};
}

Status add_vhost_user_disk(const Element& disk, DescribedMachine& machine) {
  machine.add_virtio_device("vhost-user-blk", disk.get("model"));
  return read_described_chardev(disk, "unix", machine);
}

}  // namespace

Status read_described_disk(const Element& disk, DescribedMachine& machine) {
  if (Status known =
          check_children(disk, {"source", "target", "driver", "backingStore", "address", "alias",
                                "auth", "blockio", "boot", "encryption", "geometry", "iotune",
                                "product", "readonly", "serial", "shareable", "vendor", "wwn"});
      !known) {
    return known;
  }
  if (Status known = check_children(disk.child("driver"), {"metadata_cache", "iothreads"});
      !known) {
    return known;
  }
  const std::string type = disk.get("type", "file");
  if (type == "vhostuser") return add_vhost_user_disk(disk, machine);
  if (Status added = add_disk_device(disk, machine); !added) return added;
  add_encryption(disk.child("encryption"), machine);
  if (disk.child("auth")) machine.add_object("secret");
  // A drive without a medium.
  if (!disk.child("source") && disk.get("device", "disk") != "disk") return Done{};
  return add_images(disk, type, machine);
}

}  // namespace qsbx
