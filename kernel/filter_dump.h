// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The filters of a running thread, read back from the kernel.
#ifndef QSBX_KERNEL_FILTER_DUMP_H_
#define QSBX_KERNEL_FILTER_DUMP_H_

#include <sys/types.h>

#include <vector>

#include "src/bpf/program.h"
#include "src/errors/result.h"

namespace qsbx {

// Oldest first, as the kernel counts them (get_nth_filter() in kernel/seccomp.c), whatever
// ptrace(2) says. Stops the thread for an instant; waits up to two seconds for another tracer to
// let it go, and up to five in all, as for one that sleeps uninterruptibly. Needs CAP_SYS_ADMIN, no
// filter on the caller itself, and a kernel with CONFIG_CHECKPOINT_RESTORE
// (PTRACE_SECCOMP_GET_FILTER, ptrace(2)); kKernel with the errno otherwise. Nobody else in the
// process waits for children meanwhile: that could take the thread's stop away.
Result<std::vector<Program>> filters_of_thread(pid_t tid);

}  // namespace qsbx

#endif
