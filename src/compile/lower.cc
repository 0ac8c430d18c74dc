// SPDX-License-Identifier: LGPL-2.1-or-later
//
// One field is asked at a time, for all that its value decides; what is then left of the condition
// is lowered in the same way. So no path asks for a field twice, and conditions that are left on
// several paths become one node, being equal. Masks that overlap make different fields, one of
// which may settle tests of the other: those are taken out afterwards (settled_tests.h). Which
// field to ask first is a guess: the one after which the recorded calls have the fewest fields to
// go, and the rest of the condition is smallest.
//
// That can take more nodes than the condition has terms, in unlucky orders exponentially many. A
// condition that exceeds its allowance, of nodes or of work, is lowered term by term instead: no
// term becomes more than one tree, but a path may meet the same test in several terms.
#include "src/compile/lower.h"

#include <algorithm>
#include <map>
#include <optional>

#include "src/compile/condition.h"
#include "src/compile/field_axis.h"
#include "src/compile/settled_tests.h"

namespace qsbx {
namespace {

using Id = DecisionDag::Id;
using Condition = Conditions::Id;
using Kind = Conditions::Kind;
using Seen = std::vector<WeightedArguments>;

// Lowered conditions for each comparison there is.
constexpr size_t kAllowance = 8;
constexpr size_t kLeastAllowance = 64;
// Some tenths of a second.
constexpr uint64_t kMostVisited = 500'000;
// A condition with more comparisons takes the field that most of them look at.
constexpr size_t kMostCompared = 64;

uint64_t value_of(const Field& field, const Arguments& arguments) {
  return arguments[static_cast<size_t>(field.argument)] & field.mask;
}

// A condition once the field's part is known: one remaining condition for each part.
struct Split {
  Field field;
  std::vector<ValueRange> parts;
  std::vector<Condition> remaining;
};

class ConditionLowering {
 public:
  ConditionLowering(DecisionDag& dag, Id yes, Id no) : dag_(dag), yes_(yes), no_(no) {}

  Id lower(const Expression& expression, const Seen& seen) {
    const Condition condition = conditions_.from(expression);
    allowance_ = kLeastAllowance + kAllowance * comparisons_in(condition);
    const std::optional<Id> root = lower(condition, seen);
    if (!root) return lower_by_terms(condition, yes_, no_);
    return conditions_.has_overlapping_fields(condition) ? without_settled_tests(dag_, *root)
                                                         : *root;
  }

 private:
  std::optional<Id> lower(Condition condition, const Seen& seen);
  Id lower_by_terms(Condition condition, Id yes, Id no);

  Split split(Condition condition, const Field& field);
  Split best_split(Condition condition, const Seen& seen);
  Field most_compared(Condition condition) const;
  // What a split leaves to do: the fields that seen calls still have to be asked for, then the
  // comparisons in the program.
  std::pair<double, size_t> left_after(const Split& split, const Seen& seen) const;
  size_t comparisons_in(Condition condition) const;

  DecisionDag& dag_;
  Id yes_;
  Id no_;
  Conditions conditions_;
  size_t allowance_ = 0;
  std::map<Condition, Id> lowered_;
};

std::optional<Id> ConditionLowering::lower(Condition condition, const Seen& seen) {
  if (conditions_.is_constant(condition)) return condition == Conditions::kAlways ? yes_ : no_;
  if (const auto known = lowered_.find(condition); known != lowered_.end()) return known->second;
  if (lowered_.size() > allowance_ || conditions_.visited() > kMostVisited) return std::nullopt;

  const Split chosen = best_split(condition, seen);
  std::vector<Seen> seen_in(chosen.parts.size());
  std::vector<WeightedValue> values;
  for (const WeightedArguments& call : seen) {
    values.emplace_back((*call.arguments)[static_cast<size_t>(chosen.field.argument)], call.weight);
    seen_in[part_of(chosen.parts, value_of(chosen.field, *call.arguments))].push_back(call);
  }
  std::vector<Id> targets;
  for (size_t i = 0; i < chosen.parts.size(); i++) {
    const std::optional<Id> target = lower(chosen.remaining[i], seen_in[i]);
    if (!target) return std::nullopt;
    targets.push_back(*target);
  }
  const Id id = choose_part(dag_, chosen.field, chosen.parts, targets, values);
  lowered_.emplace(condition, id);
  return id;
}

Id ConditionLowering::lower_by_terms(Condition condition, Id yes, Id no) {
  if (conditions_.is_constant(condition)) return condition == Conditions::kAlways ? yes : no;
  const Conditions::Node& node = conditions_.node(condition);
  if (node.kind == Kind::kIn) {
    const std::vector<ValueRange> parts = parts_of(node.set.field, {&node.set});
    std::vector<Id> targets;
    for (const ValueRange& part : parts) {
      targets.push_back(node.set.contains(part.first) ? yes : no);
    }
    return choose_part(dag_, node.set.field, parts, targets, {});
  }
  const bool conjunction = node.kind == Kind::kAll;
  Id next = conjunction ? yes : no;
  for (auto term = node.terms.rbegin(); term != node.terms.rend(); ++term) {
    next = conjunction ? lower_by_terms(*term, next, no) : lower_by_terms(*term, yes, next);
  }
  return next;
}

Split ConditionLowering::split(Condition condition, const Field& field) {
  const std::vector<ValueRange> parts = parts_of(field, conditions_.sets_of(condition, field));
  return {field, parts, conditions_.given_each(condition, field, parts)};
}

Split ConditionLowering::best_split(Condition condition, const Seen& seen) {
  const std::vector<Field> fields = conditions_.fields_of(condition);
  if (fields.size() == 1) return split(condition, fields.front());
  if (comparisons_in(condition) > kMostCompared) return split(condition, most_compared(condition));
  Split best;
  std::optional<std::pair<double, size_t>> least;
  for (const Field& field : fields) {
    Split candidate = split(condition, field);
    const auto left = left_after(candidate, seen);
    if (least && *least <= left) continue;
    least = left;
    best = std::move(candidate);
  }
  return best;
}

Field ConditionLowering::most_compared(Condition condition) const {
  const std::map<Field, size_t> uses = conditions_.uses_of_fields(condition);
  return std::max_element(uses.begin(), uses.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

std::pair<double, size_t> ConditionLowering::left_after(const Split& split,
                                                        const Seen& seen) const {
  double fields = 0;
  for (const WeightedArguments& call : seen) {
    const size_t part = part_of(split.parts, value_of(split.field, *call.arguments));
    const size_t left = conditions_.fields_of(split.remaining[part]).size();
    fields += call.weight * static_cast<double>(left);
  }
  std::vector<Condition> remaining = split.remaining;
  std::sort(remaining.begin(), remaining.end());
  remaining.erase(std::unique(remaining.begin(), remaining.end()), remaining.end());
  size_t comparisons = 0;
  for (const Condition condition : remaining) comparisons += comparisons_in(condition);
  return {fields, comparisons};
}

size_t ConditionLowering::comparisons_in(Condition condition) const {
  const Conditions::Node& node = conditions_.node(condition);
  size_t count = node.kind == Kind::kIn ? 1 : 0;
  for (const Condition term : node.terms) count += comparisons_in(term);
  return count;
}

}  // namespace

Id lower_condition(DecisionDag& dag, const Expression& condition, Id yes, Id no,
                   const std::vector<WeightedArguments>& seen) {
  return ConditionLowering(dag, yes, no).lower(condition, seen);
}

}  // namespace qsbx
