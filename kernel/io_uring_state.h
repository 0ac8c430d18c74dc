// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The io_uring rings of a process. What is submitted to a ring is no system call, so no filter
// sees it.
#ifndef QSBX_KERNEL_IO_URING_STATE_H_
#define QSBX_KERNEL_IO_URING_STATE_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "src/errors/result.h"

namespace qsbx {

struct IoUringRing {
  int descriptor;
  bool polled;  // IORING_SETUP_SQPOLL: a kernel thread submits, no io_uring_enter(2) is needed
};

struct IoUringState {
  std::vector<IoUringRing> rings;  // by descriptor
  int polling_threads = 0;         // "iou-sqp-*"

  bool empty() const { return rings.empty() && polling_threads == 0; }
  bool polled() const;
};

// From /proc/PID/fd, fdinfo and task. kKernel with the errno when they cannot be read. A ring of
// which the process keeps no descriptor (IORING_SETUP_REGISTERED_FD_ONLY, Linux 6.5) shows only
// when a kernel thread polls it.
Result<IoUringState> io_uring_of(pid_t pid);

// "2 io_uring rings, at descriptors 5 and 7 (polled)"
std::string to_string(const IoUringState& state);

}  // namespace qsbx

#endif
