// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the backend `strict` (seccomp mode 1) enforces, in the words of policies: four calls,
// whatever their arguments, and the end of the thread for everything else.
#ifndef QSBX_POLICY_STRICT_POLICY_H_
#define QSBX_POLICY_STRICT_POLICY_H_

#include <vector>

#include "src/errors/result.h"
#include "src/policy/policy.h"

namespace qsbx {

// read, write, exit and rt_sigreturn. Processes of the other ABI have the same four there, which
// no policy can say: its calls are foreign (is_foreign()).
Policy strict_policy(Architecture architecture);

// Fails with kPolicy, naming calls and rules, when the policy needs more than strict mode has: a
// call it has not, or one that fails with an errno, where strict mode knows no errno.
Status check_strict(const Policy& policy);

// The other way round: calls that strict mode lets through and the policy does not grant, or not
// for all arguments.
Result<std::vector<int>> granted_only_by_strict(const Policy& policy);

}  // namespace qsbx

#endif
