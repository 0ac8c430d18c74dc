// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What is said when the kernel does not take a filter.
#ifndef QSBX_KERNEL_FILTER_ERRORS_H_
#define QSBX_KERNEL_FILTER_ERRORS_H_

#include <sys/types.h>

#include <string>

#include "src/bpf/program.h"
#include "src/errors/result.h"

namespace qsbx {

// kKernel: "the kernel refused WHAT: " and why, as far as the errno says.
Error refused_by_kernel(const std::string& what, int error);

// kThread when some thread of this process has a filter that the calling thread does not have. What
// /proc does not show is left to the install.
Status check_no_thread_is_a_stranger();

// kThread when this process has other threads than the calling one, or does not show it.
Status check_single_thread();

// What the kernel has answered to an install: a thread, or -errno.
Error install_error(int result, const Program& program);

}  // namespace qsbx

#endif
