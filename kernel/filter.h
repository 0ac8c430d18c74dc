// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The backend `filter`: classic BPF, for all threads at once, or for one that is alone.
#ifndef QSBX_KERNEL_FILTER_H_
#define QSBX_KERNEL_FILTER_H_

#include "kernel/kernel.h"
#include "src/errors/result.h"
#include "src/verify/verify.h"

namespace qsbx {

enum class WayIn {
  kSeccomp,          // seccomp(2)
  kPrctl,            // prctl(PR_SET_SECCOMP): one thread, no flags
  kWhatTheKernelHas  // prctl where seccomp(2), or TSYNC, is missing
};

struct FilterOptions {
  // SECCOMP_FILTER_FLAG_LOG: the kernel log gets a line for each action but ALLOW
  bool log = false;
  bool new_listener = false;  // for programs that answer SECCOMP_RET_USER_NOTIF
  // SECCOMP_FILTER_FLAG_SPEC_ALLOW: without this filter's own mitigation of store bypass
  bool spec_allow = false;
  bool this_thread_only = false;  // and those that it starts; else every thread of the process
  WayIn way_in = WayIn::kSeccomp;
};

struct InstalledFilter {
  int listener = -1;  // with new_listener: the notification descriptor, owned by the caller
  WayIn way_in = WayIn::kSeccomp;
};

// Whether an install can work, without changing anything: the way in is there and takes these
// options, and every thread that it is for has no filter, or this thread's. kUsage for options that
// prctl cannot have, kThread when it would leave out other threads, kKernel otherwise.
Status check_filter_support(Kernel& kernel, const FilterOptions& options);

// Sets no_new_privs and puts the program in force for all threads that it is for, or for none.
// Fails as check_filter_support() does; with kThread, naming the thread, when one has a filter that
// is not an ancestor of this thread's. After a failure no_new_privs may remain set; nothing else
// has changed.
Result<InstalledFilter> install_filter(Kernel& kernel, const VerifiedProgram& program,
                                       const FilterOptions& options);

}  // namespace qsbx

#endif
