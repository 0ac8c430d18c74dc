// SPDX-License-Identifier: LGPL-2.1-or-later
//
// `qsbx run --landlock`: a wall around the process that is about to become QEMU.
#ifndef QSBX_INTEGRATION_QEMU_LAUNCH_WALL_H_
#define QSBX_INTEGRATION_QEMU_LAUNCH_WALL_H_

#include <string>
#include <vector>

#include "integration/qemu/launch/run.h"
#include "kernel/landlock.h"

namespace qsbx {

// What is let through beside what QEMU's options name.
struct WallExtras {
  std::string qemu;                  // the program
  std::string ride_along;            // the library
  std::vector<std::string> preload;  // that LD_PRELOAD named before
};

// Puts the wall up, after what QEMU could not do behind it has been done: the files are made that
// it would make, and sockets removed that it would replace. Says on standard error what the wall
// is, and gives that line.
Result<std::string> put_up_wall(const RunOptions& options, const WallExtras& extras);

}  // namespace qsbx

#endif
