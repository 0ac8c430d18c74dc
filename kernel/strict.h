// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The backend `strict`: seccomp mode 1, the oldest. The calling thread keeps read(2), write(2), the
// bare exit(2) and the return from signal handlers; any other call ends it by SIGKILL. There is no
// way back, and no way to it from a filter. What it enforces is strict_policy().
#ifndef QSBX_KERNEL_STRICT_H_
#define QSBX_KERNEL_STRICT_H_

#include "kernel/kernel.h"
#include "src/errors/result.h"

namespace qsbx {

// By seccomp(2), or by prctl(2) where the kernel has no seccomp(2). Makes no call after the one
// that succeeds. Fails with kThread when this thread has a filter, with kKernel and errno
// otherwise; nothing has changed then.
Status enter_strict(Kernel& kernel);

// Ends the calling thread, and with the last one the process, by the one call for it that strict
// mode has. It never returns, which AddressSanitizer must not be told: it would have the caller
// make a call of its own before (sigaltstack).
#ifndef __SANITIZE_ADDRESS__
[[noreturn]]
#endif
void exit_strict(int status);

}  // namespace qsbx

#endif
