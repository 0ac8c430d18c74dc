// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/render/fit.h"

#include <set>

namespace qsbx {
namespace {

Error does_not_fit(const std::vector<ChangedRule>& rules, const std::string& limit,
                   Architecture architecture) {
  return {ErrorCode::kPolicy, "the format cannot express this policy, " + limit + ": " +
                                  rules_by_call(rules, architecture) +
                                  "; --relax grants these calls whole, --tighten not at all"};
}

void copy_call(Policy& to, const Policy& from, int number) {
  const auto entry = from.calls().find(number);
  if (entry == from.calls().end()) return;
  for (const Grant& grant : entry->second.grants) to.grant(number, grant);
  // The call is new in `to`, so it has no other errno there.
  if (entry->second.refusal) (void)to.refuse(number, *entry->second.refusal);
}

std::set<int> inexpressible_calls(const Policy& policy, const std::vector<ChangedRule>& partial,
                                  const Expressiveness& format) {
  std::set<int> asked, inexpressible;
  for (const ChangedRule& rule : partial) {
    if (!asked.insert(rule.number).second) continue;
    if (!format.can_express(policy.calls().at(rule.number))) inexpressible.insert(rule.number);
  }
  return inexpressible;
}

}  // namespace

Result<PolicyByNumber> fit(const Policy& policy, PartialCalls partial,
                           const Expressiveness& format) {
  const bool relax = partial == PartialCalls::kRelax;
  const Result<PolicyByNumber> numbers =
      by_number(policy, relax ? PartialCalls::kRelax : PartialCalls::kTighten);
  if (!numbers.ok()) return numbers.error();
  const std::set<int> inexpressible = inexpressible_calls(policy, numbers->changed, format);
  PolicyByNumber fitted = {Policy(policy.architecture()), {}};
  std::set<int> kept;
  for (const ChangedRule& rule : numbers->changed) {
    if (inexpressible.contains(rule.number)) {
      fitted.changed.push_back(rule);
    } else {
      kept.insert(rule.number);
    }
  }
  if (partial == PartialCalls::kRefuse && !fitted.changed.empty()) {
    return does_not_fit(fitted.changed, format.limit, policy.architecture());
  }
  for (const auto& [number, call] : policy.calls()) {
    copy_call(fitted.policy, kept.contains(number) ? policy : numbers->policy, number);
  }
  return fitted;
}

}  // namespace qsbx
