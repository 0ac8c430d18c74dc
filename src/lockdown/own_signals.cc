// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/own_signals.h"

#include <signal.h>

#include "src/policy/algebra.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

// The first argument of tgkill and rt_sigaction: a pid, a signal.
Expression first_argument_is(const Syscall& call, int value) {
  const SyscallArgument& argument = call.arguments[0];
  const Operand operand = {0, argument.bits, argument.is_signed, ~uint64_t{0}};
  return Expression::compare(operand, Comparator::kEqual, static_cast<uint64_t>(value));
}

Grant narrowed(const Grant& grant, const Expression& condition) {
  return {Expression::all_of({grant.condition, condition}), grant.origin};
}

Error takes_sigsys(const Grant& grant) {
  return {ErrorCode::kPolicy,
          grant.origin.to_string() +
              ": rt_sigaction is granted for SIGSYS, which belongs to the report of violations; "
              "add '&& sig != SIGSYS' to this rule"};
}

}  // namespace

Policy with_signals_to(const Policy& policy, pid_t process) {
  const Syscall* tgkill = find_syscall(policy.architecture(), "tgkill");
  const Expression own = first_argument_is(*tgkill, process);
  Policy result(policy.architecture());
  for (const auto& [number, call] : policy.calls()) {
    for (const Grant& grant : call.grants) {
      result.grant(number, number == tgkill->number ? narrowed(grant, own) : grant);
    }
    // A policy has one refusal for a call: there is nothing to be in conflict with.
    if (call.refusal) (void)result.refuse(number, *call.refusal);
  }
  return result;
}

Status check_keeps_sigsys(const Policy& policy) {
  const Syscall* rt_sigaction = find_syscall(policy.architecture(), "rt_sigaction");
  const auto call = policy.calls().find(rt_sigaction->number);
  if (call == policy.calls().end()) return Done{};
  const Expression for_sigsys = first_argument_is(*rt_sigaction, SIGSYS);
  for (const Grant& grant : call->second.grants) {
    Policy taking(policy.architecture());
    taking.grant(call->first, narrowed(grant, for_sigsys));
    auto example = granted_only_by(taking, Policy(policy.architecture()));
    if (!example) return std::move(example).error();
    if (*example) return takes_sigsys(grant);
  }
  return Done{};
}

}  // namespace qsbx
