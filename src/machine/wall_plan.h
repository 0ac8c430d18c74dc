// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a wall around QEMU (kernel/landlock.h) has to let through, by the command line:
//
//   qemu-system-x86_64 -drive file=a.qcow2,if=virtio -qmp unix:/run/vm/qmp,server=on -nic user
//
// reads and writes a.qcow2, reads what that is based on, makes sockets in /run/vm, and connects to
// TCP ports for the guest. An option that is not understood here lets nothing through, so QEMU says
// at its start what it cannot open.
#ifndef QSBX_MACHINE_WALL_PLAN_H_
#define QSBX_MACHINE_WALL_PLAN_H_

#include <string>
#include <vector>

#include "kernel/landlock.h"
#include "src/machine/command_line.h"

namespace qsbx {

// The environment, as far as QEMU and its libraries follow it. Empty: not set.
struct HostFolders {
  std::string temporary = {};     // $TMPDIR
  std::string home = {};          // $HOME
  std::string runtime = {};       // $XDG_RUNTIME_DIR
  std::string x_authority = {};   // $XAUTHORITY
  std::string library_path = {};  // $LD_LIBRARY_PATH
};

struct QemuWall {
  WallPlan plan;
  std::vector<std::string> made_files;    // that QEMU makes: they have to be there before the wall
  std::vector<std::string> made_sockets;  // that QEMU makes, and cannot remove first
  std::vector<std::string> notes;         // what is wider or narrower than one may think
};

// What the options name.
QemuWall wall_of_options(const CommandLine& line);

// What a QEMU with these parts needs of every host: libraries, firmware, devices of the kernel.
void add_host_paths(QemuWall& wall, const CommandLine& line, const HostFolders& folders);

}  // namespace qsbx

#endif
