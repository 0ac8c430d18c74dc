// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/policy/by_number.h"

#include <algorithm>

#include "src/policy/algebra.h"
#include "src/syscalls/constants.h"

namespace qsbx {
namespace {

using Node = DecisionDiagrams::Node;

enum class Extent { kNone, kSome, kAll };

struct MeasuredGrant {
  Grant grant;
  Extent extent;
};

struct MeasuredCall {
  std::vector<MeasuredGrant> grants;
  Extent extent;  // of all grants together
};

Extent extent_of(const DecisionDiagrams& diagrams, Node meaning) {
  if (meaning == diagrams.truth()) return Extent::kAll;
  return meaning == diagrams.falsehood() ? Extent::kNone : Extent::kSome;
}

MeasuredCall measure(DecisionDiagrams& diagrams, const CallPolicy& call) {
  MeasuredCall measured;
  Node any = diagrams.falsehood();
  for (const Grant& grant : call.grants) {
    const Node meaning = diagram_of(diagrams, grant.condition);
    measured.grants.push_back({grant, extent_of(diagrams, meaning)});
    any = diagrams.either(any, meaning);
  }
  measured.extent = extent_of(diagrams, any);
  return measured;
}

void grant_whole(Policy& policy, int number, const MeasuredGrant& measured) {
  Grant whole = measured.grant;
  whole.condition = Expression::always();
  policy.grant(number, std::move(whole));
}

// By the rules that do it alone, or by those that do it together.
void keep_unconditional(Policy& policy, int number, const MeasuredCall& call) {
  const bool alone = std::ranges::count(call.grants, Extent::kAll, &MeasuredGrant::extent) > 0;
  const Extent wanted = alone ? Extent::kAll : Extent::kSome;
  for (const MeasuredGrant& measured : call.grants) {
    if (measured.extent == wanted) grant_whole(policy, number, measured);
  }
}

void change_partial(PolicyByNumber& result, int number, const MeasuredCall& call,
                    const std::optional<Refusal>& refusal, bool relax) {
  for (const MeasuredGrant& measured : call.grants) {
    if (measured.extent == Extent::kNone) continue;
    if (relax) grant_whole(result.policy, number, measured);
    result.changed.push_back({number, measured.grant, relax, refusal});
  }
}

std::string place_of(const Grant& grant) {
  std::string place = grant.origin.to_string();
  for (const Origin& other : grant.also) place += " with " + other.to_string();
  return place;
}

Error looks_at_arguments(const std::vector<ChangedRule>& rules, Architecture architecture) {
  return {ErrorCode::kPolicy,
          "call numbers alone do not decide this policy, it looks at arguments: " +
              rules_by_call(rules, architecture) +
              "; relax these to whole calls or tighten them to none, or use a filter"};
}

Error too_large() {
  return {ErrorCode::kProgram,
          "the conditions are too large to find out whether they depend on arguments; those that "
          "combine masks of several arguments are what costs most, write them with fewer bits"};
}

}  // namespace

std::string ChangedRule::to_string(Architecture architecture) const {
  const std::string name = call_name(number, architecture);
  std::string text = name + " at " + place_of(grant) + " now grants ";
  text += relaxed ? "every " + name : "no " + name;
  if (!refusal) return text;
  return text + (relaxed ? ": none fails with " : ": each fails with ") +
         std::string(errno_name(refusal->error));
}

std::string rules_by_call(const std::vector<ChangedRule>& rules, Architecture architecture) {
  std::string names;
  for (size_t i = 0; i < rules.size(); ++i) {
    const bool same_call = i > 0 && rules[i].number == rules[i - 1].number;
    if (i > 0) names += same_call ? ", " : "), ";
    if (!same_call) names += call_name(rules[i].number, architecture) + " (";
    names += place_of(rules[i].grant);
  }
  return names + ")";
}

Result<PolicyByNumber> by_number(const Policy& policy, PartialCalls partial) {
  DecisionDiagrams diagrams;
  PolicyByNumber result = {Policy(policy.architecture()), {}};
  for (const auto& [number, call] : policy.calls()) {
    const MeasuredCall measured = measure(diagrams, call);
    if (measured.extent == Extent::kAll) keep_unconditional(result.policy, number, measured);
    if (measured.extent == Extent::kSome) {
      change_partial(result, number, measured, call.refusal, partial == PartialCalls::kRelax);
    }
    if (!call.refusal) continue;
    if (Status status = result.policy.refuse(number, *call.refusal); !status) {
      return status.error();
    }
  }
  if (diagrams.overflowed()) return too_large();
  if (partial == PartialCalls::kRefuse && !result.changed.empty()) {
    return looks_at_arguments(result.changed, policy.architecture());
  }
  return result;
}

}  // namespace qsbx
