// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The backend `filter`: classic BPF by seccomp(2), for all threads at once.
#ifndef QSBX_KERNEL_FILTER_H_
#define QSBX_KERNEL_FILTER_H_

#include "kernel/kernel.h"
#include "src/errors/result.h"
#include "src/verify/verify.h"

namespace qsbx {

struct FilterOptions {
  bool log =
      false;  // SECCOMP_FILTER_FLAG_LOG: the kernel log gets a line for each action but ALLOW
  bool new_listener = false;  // for programs that answer SECCOMP_RET_USER_NOTIF
};

struct InstalledFilter {
  int listener = -1;  // with new_listener: the notification descriptor, owned by the caller
};

// Whether an install can work, without changing anything: seccomp(2) with these flags is there, and
// every thread of this process has no filter, or this thread's.
Status check_filter_support(Kernel& kernel, const FilterOptions& options);

// Sets no_new_privs and puts the program in force for every thread of the process, or for none.
// Fails with kThread, naming the thread, when one has a filter that is not an ancestor of this
// thread's; with kKernel and errno otherwise. After a failure no_new_privs may remain set; nothing
// else has changed.
Result<InstalledFilter> install_filter(Kernel& kernel, const VerifiedProgram& program,
                                       const FilterOptions& options);

}  // namespace qsbx

#endif
