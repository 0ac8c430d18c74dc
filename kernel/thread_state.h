// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The sandboxing state of running threads, as /proc/PID/task/TID/status shows it.
#ifndef QSBX_KERNEL_THREAD_STATE_H_
#define QSBX_KERNEL_THREAD_STATE_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "src/errors/result.h"

namespace qsbx {

struct ThreadState {
  pid_t tid;
  std::string name;
  int seccomp_mode;  // 0 none, 1 strict, 2 filter
  int filters;       // Seccomp_filters, -1 where the kernel (before 5.9) does not say
  bool no_new_privs;
  bool blocks_sigsys;
};

// kKernel with the errno when the process is not there or may not be read.
Result<std::vector<ThreadState>> threads_of(pid_t pid);

// Empty when this process has a single thread; otherwise how many it has, or why nobody knows, in
// words that follow an "and".
std::string threads_beside_this();

}  // namespace qsbx

#endif
