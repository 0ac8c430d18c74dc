// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/render/fit.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <set>

#include "src/render/clauses.h"

namespace qsbx {
namespace {

Error does_not_fit(const std::vector<ChangedRule>& rules, const std::string& limit,
                   Architecture architecture) {
  return {ErrorCode::kPolicy,
          "the format cannot express this policy, " + limit + ": " +
              rules_by_call(rules, architecture) +
              "; --relax grants these calls whole, --tighten leaves out what does not "
              "go"};
}

void copy_call(Policy& to, const CallPolicy& call, int number) {
  for (const Grant& grant : call.grants) to.grant(number, grant);
  // The call is new in `to`, so it has no other errno there.
  if (call.refusal) (void)to.refuse(number, *call.refusal);
}

void copy_call(Policy& to, const Policy& from, int number) {
  const auto entry = from.calls().find(number);
  if (entry != from.calls().end()) copy_call(to, entry->second, number);
}

std::set<int> calls_of(const std::vector<ChangedRule>& rules) {
  std::set<int> calls;
  for (const ChangedRule& rule : rules) calls.insert(rule.number);
  return calls;
}

std::set<int> inexpressible_calls(const Policy& policy, const std::set<int>& partial,
                                  const Expressiveness& format) {
  std::set<int> inexpressible;
  for (const int number : partial) {
    if (!format.can_express(policy.calls().at(number))) inexpressible.insert(number);
  }
  return inexpressible;
}

// Which part of all arguments there are; 0 where that is not known.
double share_of_arguments(const ChangedRule& rule) {
  double share = 0;
  for (const Clause& clause : granted_clauses({{rule.grant}, {}}).value_or(std::vector<Clause>())) {
    int bits = 0;
    for (const MaskedTest& test : clause) bits += std::popcount(test.mask);
    share += std::exp2(-bits);
  }
  return share;
}

std::vector<ChangedRule> widest_first(std::vector<ChangedRule> rules) {
  std::ranges::stable_sort(rules, std::ranges::greater(), share_of_arguments);
  return rules;
}

// As many of the call's rules as the format can express together, those that grant most first. The
// others go to `lost`.
CallPolicy tightened(const std::vector<ChangedRule>& rules, const Expressiveness& format,
                     std::vector<ChangedRule>& lost) {
  CallPolicy call;
  for (const ChangedRule& rule : widest_first(rules)) {
    call.refusal = rule.refusal;
    call.grants.push_back(rule.grant);
    if (format.can_express(call)) continue;
    call.grants.pop_back();
    lost.push_back(rule);
  }
  return call;
}

std::vector<ChangedRule> rules_of(const std::set<int>& calls,
                                  const std::vector<ChangedRule>& rules) {
  std::vector<ChangedRule> found;
  std::ranges::copy_if(rules, std::back_inserter(found),
                       [&](const ChangedRule& rule) { return calls.contains(rule.number); });
  return found;
}

}  // namespace

Result<PolicyByNumber> fit(const Policy& policy, PartialCalls partial,
                           const Expressiveness& format) {
  const bool relax = partial == PartialCalls::kRelax;
  const Result<PolicyByNumber> numbers =
      by_number(policy, relax ? PartialCalls::kRelax : PartialCalls::kTighten);
  if (!numbers.ok()) return numbers.error();
  const std::set<int> looking = calls_of(numbers->changed);
  const std::set<int> inexpressible = inexpressible_calls(policy, looking, format);
  const std::vector<ChangedRule> rules = rules_of(inexpressible, numbers->changed);
  if (partial == PartialCalls::kRefuse && !rules.empty()) {
    return does_not_fit(rules, format.limit, policy.architecture());
  }
  PolicyByNumber fitted = {Policy(policy.architecture()), {}};
  if (relax) fitted.changed = rules;
  for (const auto& [number, call] : policy.calls()) {
    if (!inexpressible.contains(number)) {
      copy_call(fitted.policy, looking.contains(number) ? policy : numbers->policy, number);
    } else if (relax) {
      copy_call(fitted.policy, numbers->policy, number);
    } else {
      copy_call(fitted.policy, tightened(rules_of({number}, rules), format, fitted.changed),
                number);
    }
  }
  return fitted;
}

}  // namespace qsbx
