// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/policy/policy.h"

#include <algorithm>

#include "src/syscalls/constants.h"

namespace qsbx {
namespace {

// Calls that no table has are possible in principle (a rule can only come from a table), and sort
// by origin alone.
std::string condition_text(const Grant& grant, int number, Architecture architecture) {
  const Syscall* call = find_syscall(architecture, number);
  return call == nullptr ? "" : grant.condition.to_string(*call, architecture);
}

Error errno_conflict(const std::string& call, const Refusal& a, const Refusal& b) {
  return Error{ErrorCode::kPolicy,
               call + " fails with " + std::string(errno_name(a.error)) + " by " +
                   a.origin.to_string() + " and with " + std::string(errno_name(b.error)) + " by " +
                   b.origin.to_string() + "; profiles that are joined must agree"};
}

// By origin first: the texts, which cost more to make, decide only between conditions of one line.
bool precedes(const Grant& a, const Grant& b, int number, Architecture architecture) {
  if (a.origin != b.origin) return a.origin < b.origin;
  return condition_text(a, number, architecture) < condition_text(b, number, architecture);
}

}  // namespace

std::string Origin::to_string() const {
  return line == 0 ? file : file + ":" + std::to_string(line);
}

Expression CallPolicy::condition() const {
  std::vector<Expression> conditions;
  for (const Grant& grant : grants) conditions.push_back(grant.condition);
  return Expression::any_of(std::move(conditions));
}

bool CallPolicy::is_unconditional() const {
  return std::any_of(grants.begin(), grants.end(),
                     [](const Grant& grant) { return grant.condition.is_always(); });
}

bool Policy::empty() const {
  return std::all_of(calls_.begin(), calls_.end(),
                     [](const auto& entry) { return entry.second.condition().is_never(); });
}

void Policy::grant(int number, Grant grant) {
  if (grant.condition.is_never()) return;
  std::vector<Grant>& grants = calls_[number].grants;
  const auto place = std::find_if(grants.begin(), grants.end(), [&](const Grant& other) {
    return !precedes(other, grant, number, architecture_);
  });
  const bool present = std::any_of(place, grants.end(), [&](const Grant& other) {
    return other.origin == grant.origin && other.condition == grant.condition;
  });
  if (!present) grants.insert(place, std::move(grant));
}

Status Policy::refuse(int number, Refusal refusal) {
  std::optional<Refusal>& present = calls_[number].refusal;
  if (present && present->error != refusal.error) {
    return errno_conflict(call_name(number, architecture_), *present, refusal);
  }
  refusal.reported |= present && present->reported;
  if (present && present->origin < refusal.origin) refusal.origin = present->origin;
  present = std::move(refusal);
  return Done{};
}

bool is_foreign(Architecture architecture, const Call& call) {
  return call.audit_arch != audit_architecture(architecture) ||
         static_cast<uint32_t>(call.number) >= kX32Bit;
}

Decision evaluate(const Policy& policy, const Call& call) {
  if (is_foreign(policy.architecture(), call)) return {Verdict::kDeny};
  const auto entry = policy.calls().find(call.number);
  if (entry == policy.calls().end()) return {Verdict::kDeny};
  for (const Grant& grant : entry->second.grants) {
    if (holds(grant.condition, call.arguments)) return {Verdict::kAllow, 0, &grant.origin};
  }
  const std::optional<Refusal>& refusal = entry->second.refusal;
  if (refusal) return {Verdict::kErrno, refusal->error, &refusal->origin, refusal->reported};
  return {Verdict::kDeny};
}

Result<Policy> join(const Policy& a, const Policy& b) {
  if (a.architecture() != b.architecture()) {
    return Error{ErrorCode::kPolicy, "policies for different architectures cannot be joined"};
  }
  Policy joined = a;
  for (const auto& [number, call] : b.calls()) {
    for (const Grant& grant : call.grants) joined.grant(number, grant);
    if (!call.refusal) continue;
    if (Status status = joined.refuse(number, *call.refusal); !status) return status.error();
  }
  return joined;
}

}  // namespace qsbx
