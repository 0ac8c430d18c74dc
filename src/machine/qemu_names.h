// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What QEMU's command line calls things, and what the things are called inside QEMU.
#ifndef QSBX_MACHINE_QEMU_NAMES_H_
#define QSBX_MACHINE_QEMU_NAMES_H_

#include <string>
#include <string_view>
#include <vector>

namespace qsbx {

// What a board has where no option says otherwise. Empty: nothing.
struct BoardDefaults {
  std::string_view type_prefix;  // of the machine type, "pc-q35"
  std::string_view drive_interface;
  std::string_view nic;
  std::string_view vga;
  bool cdrom;
  bool floppy;
  std::vector<std::string_view> usb;               // controllers that -usb adds
  std::vector<std::string_view> disk_controllers;  // that the board has, whatever is asked for
};

// nullptr for a board that this table does not know.
const BoardDefaults* find_board_defaults(std::string_view machine_type);

// "pc-q35" for "q35". QEMU appends its own version, which a command line does not show.
std::string machine_type_of(std::string_view machine_name);

// The QOM type of what -device, -nic and -net call `name`: "virtio-blk-pci" for "virtio-blk".
std::string device_type_of(std::string_view name);

// "VGA" for -vga std; empty for none and for unknown ones.
std::string vga_device(std::string_view name);

// Driver names that are not the type's: "tty" is "serial".
std::string chardev_type_of(std::string_view backend);

// The chardev behind a -serial, -parallel, -monitor or -qmp argument such as "tcp::1,server";
// empty for "none" and for a reference to a -chardev.
std::string chardev_type_of_device(std::string_view device);

// What opens a file name given with -drive: "file", "host_device", or a protocol ("nbd:...").
std::string block_driver_of_file(std::string_view file);

enum class OptionArity { kNoValue, kValue, kUnknown };

// `name` without its dashes.
OptionArity option_arity(std::string_view name);

}  // namespace qsbx

#endif
