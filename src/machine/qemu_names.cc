// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/qemu_names.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace qsbx {
namespace {

using Names = std::map<std::string_view, std::string_view>;

std::string renamed(const Names& names, std::string_view name) {
  const auto entry = names.find(name);
  return std::string(entry == names.end() ? name : entry->second);
}

// qdev_alias_table of QEMU's qdev-monitor.c, for boards with PCI, and the models of -net nic.
const Names& device_aliases() {
  static const Names names = {
      {"AC97", "AC97"},
      {"ac97", "AC97"},
      {"ahci", "ich9-ahci"},
      {"e1000-82540em", "e1000"},
      {"es1370", "ES1370"},
      {"lsi", "lsi53c895a"},
      {"virtio", "virtio-net-pci"},
      {"virtio-9p", "virtio-9p-pci"},
      {"virtio-balloon", "virtio-balloon-pci"},
      {"virtio-blk", "virtio-blk-pci"},
      {"virtio-gpu", "virtio-gpu-pci"},
      {"virtio-gpu-gl", "virtio-gpu-gl-pci"},
      {"virtio-input-host", "virtio-input-host-pci"},
      {"virtio-iommu", "virtio-iommu-pci"},
      {"virtio-keyboard", "virtio-keyboard-pci"},
      {"virtio-mouse", "virtio-mouse-pci"},
      {"virtio-net", "virtio-net-pci"},
      {"virtio-rng", "virtio-rng-pci"},
      {"virtio-scsi", "virtio-scsi-pci"},
      {"virtio-serial", "virtio-serial-pci"},
      {"virtio-tablet", "virtio-tablet-pci"},
  };
  return names;
}

bool begins_with_any(std::string_view text, std::initializer_list<std::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](std::string_view beginning) { return text.starts_with(beginning); });
}

// bdrv_find_protocol() of QEMU's block.c: a prefix up to the first colon, when no slash is before
// it.
std::string_view protocol_of(std::string_view file) {
  const size_t colon = file.find(':');
  const size_t slash = file.find('/');
  if (colon == std::string_view::npos || slash < colon) return "";
  return file.substr(0, colon);
}

const std::set<std::string_view>& options_without_value() {
  static const std::set<std::string_view> names = {
      "S",
      "alt-grab",
      "async-teardown",
      "audio-help",
      "ctrl-grab",
      "curses",
      "daemonize",
      "enable-fips",
      "enable-kvm",
      "enable-sync-profile",
      "full-screen",
      "h",
      "help",
      "mem-prealloc",
      "no-acpi",
      "no-fd-bootchk",
      "no-frame",
      "no-hpet",
      "no-kvm",
      "no-quit",
      "no-reboot",
      "no-shutdown",
      "no-user-config",
      "nodefaults",
      "nodefconfig",
      "nographic",
      "old-param",
      "one-insn-per-tb",
      "only-migratable",
      "portrait",
      "preconfig",
      "s",
      "sdl",
      "semihosting",
      "singlestep",
      "snapshot",
      "usb",
      "version",
      "win2k-hack",
      "xen-attach",
      "xen-domid-restrict",
  };
  return names;
}

// NOLINTNEXTLINE(readability-function-size): a table
const std::set<std::string_view>& options_with_value() {
  static const std::set<std::string_view> names = {
      "D",
      "L",
      "M",
      "accel",
      "acpitable",
      "action",
      "add-fd",
      "append",
      "audio",
      "audiodev",
      "bios",
      "blockdev",
      "boot",
      "bt",
      "cdrom",
      "chardev",
      "chroot",
      "compat",
      "cpu",
      "d",
      "debugcon",
      "device",
      "dfilter",
      "display",
      "drive",
      "dtb",
      "dump-vmstate",
      "echr",
      "fda",
      "fdb",
      "fsdev",
      "fw_cfg",
      "g",
      "gdb",
      "global",
      "hda",
      "hdb",
      "hdc",
      "hdd",
      "icount",
      "incoming",
      "initrd",
      "iscsi",
      "k",
      "kernel",
      "loadvm",
      "m",
      "machine",
      "mem-path",
      "mon",
      "monitor",
      "msg",
      "mtdblock",
      "name",
      "net",
      "netdev",
      "nic",
      "numa",
      "object",
      "option-rom",
      "overcommit",
      "parallel",
      "pflash",
      "pidfile",
      "plugin",
      "prom-env",
      "qmp",
      "qmp-pretty",
      "qtest",
      "qtest-log",
      "readconfig",
      "realtime",
      "rotate",
      "rtc",
      "run-with",
      "runas",
      "sandbox",
      "sd",
      "seed",
      "semihosting-config",
      "serial",
      "set",
      "shim",
      "smbios",
      "smp",
      "soundhw",
      "spice",
      "tb-size",
      "tpmdev",
      "trace",
      "usbdevice",
      "uuid",
      "vga",
      "virtfs",
      "vnc",
      "watchdog",
      "watchdog-action",
      "xen-domid",
  };
  return names;
}

}  // namespace

const BoardDefaults* find_board_defaults(std::string_view machine_type) {
  static const std::array<BoardDefaults, 6> boards = {{
      {"pc-q35",
       "ide",
       "e1000e",
       "std",
       true,
       false,
       {"ich9-usb-ehci1", "ich9-usb-uhci1", "ich9-usb-uhci2", "ich9-usb-uhci3"},
       {"ich9-ahci"}},
      {"pc-i440fx",
       "ide",
       "e1000",
       "std",
       true,
       true,
       {"piix3-usb-uhci"},
       {"piix3-ide", "isa-fdc"}},
      {"isapc", "ide", "ne2k_isa", "std", true, true, {}, {"isa-ide", "isa-fdc"}},
      {"microvm", "none", "", "", false, false, {"sysbus-xhci"}, {}},
      {"virt", "virtio", "virtio-net-pci", "", false, false, {}, {}},
      {"none", "none", "", "", false, false, {}, {}},
  }};
  const auto found = std::find_if(boards.begin(), boards.end(), [&](const BoardDefaults& board) {
    return machine_type.starts_with(board.type_prefix);
  });
  return found == boards.end() ? nullptr : &*found;
}

std::string machine_type_of(std::string_view machine_name) {
  static const Names names = {{"pc", "pc-i440fx"}, {"q35", "pc-q35"}};
  return renamed(names, machine_name);
}

std::string device_type_of(std::string_view name) { return renamed(device_aliases(), name); }

std::string vga_device(std::string_view name) {
  static const Names names = {{"std", "VGA"},
                              {"cirrus", "cirrus-vga"},
                              {"qxl", "qxl-vga"},
                              {"vmware", "vmware-svga"},
                              {"virtio", "virtio-vga"}};
  const auto entry = names.find(name);
  return std::string(entry == names.end() ? "" : entry->second);
}

std::string chardev_type_of(std::string_view backend) {
  static const Names names = {{"tty", "serial"}, {"parport", "parallel"}, {"memory", "ringbuf"}};
  return renamed(names, backend);
}

// qemu_chr_parse_compat() of QEMU's chardev/char.c.
std::string chardev_type_of_device(std::string_view device) {
  if (device == "none" || device.starts_with("chardev:")) return "";
  if (begins_with_any(device, {"tcp:", "telnet:", "tn3270:", "websocket:", "unix:"})) {
    return "socket";
  }
  if (begins_with_any(device, {"/dev/parport", "/dev/ppi"})) return "parallel";
  if (device.starts_with("/dev/")) return "serial";
  return chardev_type_of(device.substr(0, device.find_first_of(":,")));
}

std::string block_driver_of_file(std::string_view file) {
  static const Names drivers = {
      {"fat", "vvfat"},           {"null-co", "null-co"},      {"iscsi", "iscsi"},
      {"nbd+tcp", "nbd"},         {"nbd+unix", "nbd"},         {"nbds", "nbd"},
      {"gluster+tcp", "gluster"}, {"gluster+unix", "gluster"}, {"gluster+rdma", "gluster"}};
  const std::string_view protocol = protocol_of(file);
  if (!protocol.empty() && protocol != "file") return renamed(drivers, protocol);
  if (begins_with_any(file, {"/dev/cd", "/dev/sr", "/dev/dvd"})) return "host_cdrom";
  return file.starts_with("/dev/") && !file.starts_with("/dev/shm/") &&
                 !file.starts_with("/dev/fd/")
             ? "host_device"
             : "file";
}

OptionArity option_arity(std::string_view name) {
  if (options_without_value().contains(name)) return OptionArity::kNoValue;
  if (options_with_value().contains(name)) return OptionArity::kValue;
  return OptionArity::kUnknown;
}

}  // namespace qsbx
