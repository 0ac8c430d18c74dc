// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/policy/strict_policy.h"

#include <string>

#include "src/policy/algebra.h"
#include "src/syscalls/constants.h"

namespace qsbx {
namespace {

constexpr const char* kStrictCalls[] = {"read", "write", "exit", "rt_sigreturn"};

using Lacking = std::vector<std::string>;

std::string rules_of(const CallPolicy& call) {
  std::string rules;
  for (const Grant& grant : call.grants) {
    rules += (rules.empty() ? "" : ", ") + grant.origin.to_string();
  }
  return rules;
}

// "openat (a.profile:3)"
void name_missing_calls(Lacking& lacking, const Policy& missing) {
  for (const auto& [number, call] : missing.calls()) {
    if (call.grants.empty()) continue;
    lacking.push_back(call_name(number, missing.architecture()) + " (" + rules_of(call) + ")");
  }
}

// "clone3 failing with ENOSYS (a.profile:4)"
void name_missing_errnos(Lacking& lacking, const Policy& policy, const std::vector<Call>& calls) {
  for (const Call& call : calls) {
    const Refusal& refusal = *policy.calls().at(call.number).refusal;
    lacking.push_back(call_name(call.number, policy.architecture()) + " failing with " +
                      std::string(errno_name(refusal.error)) + " (" + refusal.origin.to_string() +
                      ")");
  }
}

// What every C program asks for, and need not.
const char* advice(const Policy& missing) {
  const int number = find_syscall(missing.architecture(), "exit_group")->number;
  return missing.calls().contains(number)
             ? "; exit_group is what exit() and _exit() call, and qsbx_strict_exit() does not"
             : "";
}

Error needs_more(const Lacking& lacking, const Policy& missing) {
  std::string list;
  for (const std::string& one : lacking) list += (list.empty() ? "" : ", ") + one;
  return {ErrorCode::kPolicy,
          "strict mode has read, write, exit and rt_sigreturn alone, and this policy needs more: " +
              list + advice(missing) + "; leave these out, or use the backend bitmask or filter"};
}

}  // namespace

Policy strict_policy(Architecture architecture) {
  Policy policy(architecture);
  for (const char* name : kStrictCalls) {
    policy.grant(find_syscall(architecture, name)->number,
                 {Expression::always(), {"strict", "seccomp mode 1", 0}});
  }
  return policy;
}

Status check_strict(const Policy& policy) {
  const Policy strict = strict_policy(policy.architecture());
  const Result<Policy> missing = difference(policy, strict);
  if (!missing) return missing.error();
  const Result<std::vector<Call>> refused = refused_differently(policy, strict);
  if (!refused) return refused.error();
  Lacking lacking;
  name_missing_calls(lacking, *missing);
  name_missing_errnos(lacking, policy, *refused);
  if (lacking.empty()) return Done{};
  return needs_more(lacking, *missing);
}

Result<std::vector<int>> granted_only_by_strict(const Policy& policy) {
  const Result<Policy> more = difference(strict_policy(policy.architecture()), policy);
  if (!more) return more.error();
  std::vector<int> numbers;
  for (const auto& [number, call] : more->calls()) numbers.push_back(number);
  return numbers;
}

}  // namespace qsbx
