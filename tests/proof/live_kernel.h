// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the running kernel makes of calls. Only of calls with numbers that no call has: where a
// filter allows them, they fail with ENOSYS and do nothing.
#ifndef QSBX_TESTS_PROOF_LIVE_KERNEL_H_
#define QSBX_TESTS_PROOF_LIVE_KERNEL_H_

#include <linux/seccomp.h>

#include <vector>

#include "src/bpf/program.h"
#include "src/policy/policy.h"

namespace qsbx {

// No architecture has calls with these numbers.
inline constexpr int kFirstUnassigned = 337;
inline constexpr int kLastUnassigned = 423;

// The same conditions for unassigned numbers, at most as many as there are; and what a child needs
// that makes calls and ends: exit_group and rt_sigreturn.
Policy with_unassigned_numbers(const Policy& policy);

// Whether the call can be made here, without harm if it should be allowed.
bool can_be_made(const struct seccomp_data& call);

// A child makes the calls, one by one, under the program. What they come to, as the actions that
// the program must have returned: ALLOW, ERRNO or TRAP, with their data; for calls that were not
// made because the child had ended, KILL_PROCESS. `program` has to let exit_group go through, and
// rt_sigreturn where it traps.
std::vector<uint32_t> answers_of_kernel(const Program& program,
                                        const std::vector<struct seccomp_data>& calls);

}  // namespace qsbx

#endif
