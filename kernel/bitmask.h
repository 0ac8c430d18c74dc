// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The backend `bitmask`: call numbers alone. Its program looks at no argument, so the kernel (since
// Linux 5.11) finds out at the install which calls it allows, and runs no BPF for them.
//
// Filters that are in force already, or come later, have their say in the kernel's bitmap, too: a
// call stays in it if every one of them allows it by its number.
#ifndef QSBX_KERNEL_BITMASK_H_
#define QSBX_KERNEL_BITMASK_H_

#include "kernel/filter.h"
#include "kernel/kernel.h"
#include "src/bpf/program.h"
#include "src/errors/result.h"
#include "src/policy/policy.h"
#include "src/syscalls/architecture.h"
#include "src/verify/verify.h"

namespace qsbx {

// Whether every call that the program allows is in the kernel's bitmap. kProgram otherwise, naming
// a call for which the kernel would run it.
Status check_bitmask(const Program& program, Architecture architecture);

// Of the calls that the policy grants for some arguments or all, how many are in the bitmap.
int count_cached_calls(const Program& program, const Policy& policy);

// As install_filter(). Fails with check_bitmask()'s error before anything has changed.
Result<InstalledFilter> install_bitmask(Kernel& kernel, const VerifiedProgram& program,
                                        const FilterOptions& options);

}  // namespace qsbx

#endif
