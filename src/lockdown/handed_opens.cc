// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/handed_opens.h"

#include <linux/seccomp.h>

#include <algorithm>

#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

const Origin kHandedOver = {"libqsbx", "handed to the broker", 0};

bool is_open(const Syscall& call) {
  constexpr std::string_view kOpens[] = {"open", "openat", "openat2"};
  return std::ranges::find(kOpens, call.name) != std::end(kOpens);
}

}  // namespace

Policy handing_over(const Policy& policy) {
  Policy handing(policy.architecture());
  for (const Syscall& call : syscalls(policy.architecture())) {
    if (!is_open(call)) {
      handing.grant(call.number, {Expression::always(), kHandedOver});
      continue;
    }
    const auto found = policy.calls().find(call.number);
    if (found == policy.calls().end()) continue;
    for (const Grant& grant : found->second.grants) handing.grant(call.number, grant);
  }
  return handing;
}

// Numbers that no call has yet would be handed over, too, but for the policy's own filter.
Actions handing_actions(Mode mode) {
  return {.deny = SECCOMP_RET_USER_NOTIF,
          .refusals_allow = false,
          .foreign = actions_for(mode).foreign};
}

Policy opens_granted(Architecture architecture) {
  Policy granted(architecture);
  for (const Syscall& call : syscalls(architecture)) {
    if (is_open(call)) granted.grant(call.number, {Expression::always(), kHandedOver});
  }
  return granted;
}

}  // namespace qsbx
