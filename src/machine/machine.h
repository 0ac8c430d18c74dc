// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What one QEMU process is made of, as a set of parts. Each part has a kind and a name in QEMU's
// own words:
//
// clang-format off
//   kind         name                                         where QEMU has it
//   accelerator  tcg, kvm                                     current_accel_name()
//   machine      pc-i440fx-7.2-machine                        QOM type of /machine
//   device       virtio-blk-pci                               QOM type of every TYPE_DEVICE below /machine
//   object       iothread, rng-random, memory-backend-memfd   QOM type of every user object
//   netdev       user, tap, tap+vhost                         NetClientDriver, "+vhost" where the kernel moves packets
//   chardev      socket, stdio, file, pty, null               QOM type without "chardev-"
//   block        file, raw, qcow2, host_device                driver of every block node
//   aio          threads, native, io_uring                    of every file node
//   display      none, gtk, vnc                               local display and servers
//   audio        none, alsa                                   audiodev driver
//   tpm          emulator, passthrough                        TPM backend
//   monitor      qmp, hmp
//   fsdev        local
//   option       debug-threads, sandbox, realtime,            what else changes the calls that threads make
//                rtc-localtime, shared-surfaces; and what no profile can cover: async-teardown, vnc-sasl,
//                guestfwd-cmd, user-smb, virtio-gpu-blob, nbd-device
//   program      qemu-storage-daemon, qemu-nbd                what it is, when it is no emulator
//   export       nbd, vhost-user-blk, fuse                    how a storage program serves disks
// clang-format on
#ifndef QSBX_MACHINE_MACHINE_H_
#define QSBX_MACHINE_MACHINE_H_

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace qsbx {

struct Part {
  std::string kind;
  std::string name;

  std::string to_string() const { return kind + " " + name; }
  auto operator<=>(const Part&) const = default;
};

bool is_part_kind(std::string_view kind);
const std::vector<std::string>& part_kinds();

struct Machine {
  std::set<Part> parts;
  std::set<std::string> features;  // what a manager may do later: "hotplug", "migration", ...

  void add(std::string_view kind, std::string_view name);
};

// Whether there is a display, or a device that has a picture.
bool has_screen(const Machine& machine);

// Adds the parts that machines have since some version of QEMU, major and minor.
void add_parts_of_version(Machine& machine, std::pair<int, int> version);

}  // namespace qsbx

#endif
