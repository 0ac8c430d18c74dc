// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_POLICY_ACTIONS_H_
#define QSBX_POLICY_ACTIONS_H_

#include <cstdint>
#include <string_view>

#include "src/policy/policy.h"

namespace qsbx {

enum class Mode {
  kEnforce,  // a violation ends the process
  kErrno,    // a violation fails with EPERM
  kAudit,    // a violation is reported and runs
};

std::string_view mode_name(Mode mode);  // "enforce"

// What the kernel is told to do with a call (SECCOMP_RET_*), for each verdict.
struct Actions {
  uint32_t deny;
  bool refusals_allow;  // audit: what would fail with its `else` errno runs
  uint32_t foreign;     // calls that is_foreign() says yes to

  uint32_t action_for(const Decision& decision) const;

  // For a call that fails with its `else` errno. One that is reported traps like a violation; the
  // errno travels in the action's data, which the handler finds in si_errno, and which is 0 for a
  // plain denial.
  uint32_t refusal(const Decision& decision) const;
};

Actions actions_for(Mode mode);

// Evaluator and mode together: the action word for one call.
uint32_t action_of(const Policy& policy, const Actions& actions, const Call& call);

}  // namespace qsbx

#endif
