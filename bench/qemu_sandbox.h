// SPDX-License-Identifier: LGPL-2.1-or-later
//
// QEMU's own list of what a process may not call, `-sandbox on` with everything denied, as a policy
// of ours, and the proof that it means the same as the filter that QEMU installs.
#ifndef QSBX_BENCH_QEMU_SANDBOX_H_
#define QSBX_BENCH_QEMU_SANDBOX_H_

#include <linux/seccomp.h>

#include <optional>

#include "src/bpf/program.h"
#include "src/errors/result.h"
#include "src/policy/policy.h"

namespace qsbx::bench {

// data/qemu-sandbox.profile.
Result<Policy> qemu_sandbox_policy();

// The filter of a QEMU that is started for it, and ended. Needs qemu-system-x86_64 and root.
Result<Program> qemu_sandbox_program();

// A call on which they differ, denying in whatever way being one answer, but for ENOSYS. Left out:
// numbers that the kernel does not have, which fail anyhow if they are let through; and what is
// above the 32 bits of a scheduling policy, which the kernel does not look at and libseccomp does.
Result<std::optional<struct seccomp_data>> find_difference_in_real_calls(const Program& qemus,
                                                                         const Policy& ours);

}  // namespace qsbx::bench

#endif
