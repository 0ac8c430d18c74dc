// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/policy/actions.h"

#include <linux/seccomp.h>

namespace qsbx {

std::string_view mode_name(Mode mode) {
  switch (mode) {
    case Mode::kEnforce:
      return "enforce";
    case Mode::kErrno:
      return "errno";
    case Mode::kAudit:
      return "audit";
  }
  return "unknown mode";
}

// enforce and errno trap, so that a signal handler can report the call; where SIGSYS is blocked the
// kernel kills by itself. What is foreign in mode enforce is killed without a report: the handler
// ends the process by such a call.
Actions actions_for(Mode mode) {
  switch (mode) {
    case Mode::kEnforce:
      return {
          .deny = SECCOMP_RET_TRAP, .refusals_allow = false, .foreign = SECCOMP_RET_KILL_PROCESS};
    case Mode::kErrno:
      return {.deny = SECCOMP_RET_TRAP, .refusals_allow = false, .foreign = SECCOMP_RET_TRAP};
    case Mode::kAudit:
      return {.deny = SECCOMP_RET_USER_NOTIF,
              .refusals_allow = true,
              .foreign = SECCOMP_RET_USER_NOTIF};
  }
  return {.deny = SECCOMP_RET_KILL_PROCESS,
          .refusals_allow = false,
          .foreign = SECCOMP_RET_KILL_PROCESS};
}

uint32_t Actions::refusal(const Decision& decision) const {
  const uint32_t error = static_cast<uint32_t>(decision.error) & SECCOMP_RET_DATA;
  if (refusals_allow) return decision.reported ? deny : SECCOMP_RET_ALLOW;
  return (decision.reported ? SECCOMP_RET_TRAP : SECCOMP_RET_ERRNO) | error;
}

uint32_t Actions::action_for(const Decision& decision) const {
  switch (decision.verdict) {
    case Verdict::kAllow:
      return SECCOMP_RET_ALLOW;
    case Verdict::kDeny:
      return deny;
    case Verdict::kErrno:
      return refusal(decision);
  }
  return deny;
}

uint32_t action_of(const Policy& policy, const Actions& actions, const Call& call) {
  if (is_foreign(policy.architecture(), call)) return actions.foreign;
  return actions.action_for(evaluate(policy, call));
}

}  // namespace qsbx
