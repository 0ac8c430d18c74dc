// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a run policy says of signals, beyond its profiles.
#ifndef QSBX_LOCKDOWN_OWN_SIGNALS_H_
#define QSBX_LOCKDOWN_OWN_SIGNALS_H_

#include <sys/types.h>

#include "src/errors/result.h"
#include "src/policy/policy.h"

namespace qsbx {

// Every grant of tgkill for threads of `process` only. A profile cannot say this, since it cannot
// know the number, and without it a grant reaches every process of the same user.
Policy with_signals_to(const Policy& policy, pid_t process);

// kPolicy, naming the rule, when the policy lets the process take SIGSYS away from the handler that
// reports violations.
Status check_keeps_sigsys(const Policy& policy);

}  // namespace qsbx

#endif
