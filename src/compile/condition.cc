// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/compile/condition.h"

#include <algorithm>
#include <optional>

namespace qsbx {
namespace {

using Id = Conditions::Id;
using Kind = Conditions::Kind;

// A disjunction of sets is the complement of the conjunction of their complements, so that what
// joins sets has to know conjunctions only.
ValueSet as_conjunct(Kind kind, const ValueSet& set) {
  return kind == Kind::kAll ? set : complement(set);
}

// Both single-valued and of one argument: the bits of both. Empty where they contradict each other.
std::optional<ValueSet> joined_bits(const ValueSet& a, const ValueSet& b) {
  const std::optional<uint64_t> value = a.single_value();
  const std::optional<uint64_t> other = b.single_value();
  if (!value || !other || a.field.argument != b.field.argument) return std::nullopt;
  const Field field = {a.field.argument, a.field.mask | b.field.mask};
  if ((*value ^ *other) & a.field.mask & b.field.mask) return ValueSet{field, {}};
  return only(field, *value | *other);
}

std::optional<ValueSet> conjunction(const ValueSet& a, const ValueSet& b) {
  if (a.field == b.field) return intersected(a, b);
  return joined_bits(a, b);
}

// Joins as many of the sets as there is one comparison for. One joined set may make room for the
// next, so the new one is offered to all the others again.
void add_conjunct(std::vector<ValueSet>& sets, ValueSet added) {
  for (size_t i = 0; i < sets.size();) {
    const std::optional<ValueSet> joined = conjunction(sets[i], added);
    if (!joined) {
      i++;
      continue;
    }
    added = *joined;
    sets.erase(sets.begin() + static_cast<ptrdiff_t>(i));
    i = 0;
  }
  sets.push_back(std::move(added));
}

}  // namespace

Conditions::Conditions() {
  nodes_.push_back({.kind = Kind::kConstant});
  nodes_.push_back({.kind = Kind::kConstant});
}

Id Conditions::from(const Expression& expression, bool negated) {
  const ExpressionNode& node = expression.node();
  switch (node.kind) {
    case ExpressionNode::Kind::kConstant:
      return node.constant != negated ? kAlways : kNever;
    case ExpressionNode::Kind::kCompare:
    case ExpressionNode::Kind::kIn:
      return in(negated ? complement(value_set(node)) : value_set(node));
    case ExpressionNode::Kind::kNot:
      return from(node.terms.front(), !negated);
    case ExpressionNode::Kind::kAll:
    case ExpressionNode::Kind::kAny:
      break;
  }
  std::vector<Id> terms;
  for (const Expression& term : node.terms) terms.push_back(from(term, negated));
  const bool conjunction = (node.kind == ExpressionNode::Kind::kAll) != negated;
  return combined(conjunction ? Kind::kAll : Kind::kAny, terms);
}

Id Conditions::in(const ValueSet& set) {
  if (set.empty()) return kNever;
  if (set.is_everything()) return kAlways;
  return intern({.kind = Kind::kIn, .set = set});
}

Id Conditions::combined(Kind kind, const std::vector<Id>& terms) {
  const Id absorbing = kind == Kind::kAll ? kNever : kAlways;
  std::vector<ValueSet> sets;
  std::vector<Id> rest;
  std::vector<Id> pending(terms.rbegin(), terms.rend());
  while (!pending.empty()) {
    const Id term = pending.back();
    pending.pop_back();
    const Node& node = nodes_[term];
    if (term == absorbing) return absorbing;
    if (is_constant(term)) continue;
    if (node.kind == kind) {
      pending.insert(pending.end(), node.terms.begin(), node.terms.end());
    } else if (node.kind == Kind::kIn) {
      add_conjunct(sets, as_conjunct(kind, node.set));
    } else {
      rest.push_back(term);
    }
  }
  for (const ValueSet& set : sets) {
    const Id term = in(as_conjunct(kind, set));
    if (term == absorbing) return absorbing;
    if (!is_constant(term)) rest.push_back(term);
  }
  std::sort(rest.begin(), rest.end());
  rest.erase(std::unique(rest.begin(), rest.end()), rest.end());
  if (rest.empty()) return kind == Kind::kAll ? kAlways : kNever;
  if (rest.size() == 1) return rest.front();
  return intern({.kind = kind, .terms = std::move(rest)});
}

Id Conditions::intern(Node node) {
  const auto [entry, is_new] = ids_.try_emplace(node, static_cast<Id>(nodes_.size()));
  if (is_new) nodes_.push_back(std::move(node));
  return entry->second;
}

// A copy of the terms is taken because nodes move when there are more of them.
Id Conditions::given(Id condition, const Field& field, const ValueRange& range) {
  visited_++;
  const Kind kind = nodes_[condition].kind;
  if (kind == Kind::kConstant) return condition;
  if (kind == Kind::kIn) return set_given(ValueSet(nodes_[condition].set), field, range);
  std::vector<Id> terms = nodes_[condition].terms;
  for (Id& term : terms) term = given(term, field, range);
  return combined(kind, terms);
}

std::vector<Id> Conditions::given_each(Id condition, const Field& field,
                                       const std::vector<ValueRange>& parts) {
  std::vector<Id> results;
  const Kind kind = nodes_[condition].kind;
  if (kind != Kind::kAll && kind != Kind::kAny) {
    for (const ValueRange& part : parts) results.push_back(given(condition, field, part));
    return results;
  }
  std::vector<std::vector<Id>> terms(parts.size());
  for (const Id term : std::vector<Id>(nodes_[condition].terms)) {
    const auto matters = where_it_matters(kind, term, field);
    const std::vector<ValueRange> everywhere = {{0, field.mask}};
    for (const ValueRange& range : matters ? matters->ranges : everywhere) {
      for (size_t i = part_of(parts, range.first); i < parts.size(); i++) {
        if (parts[i].first > range.last) break;
        terms[i].push_back(given(term, field, parts[i]));
      }
    }
  }
  for (const std::vector<Id>& in_part : terms) results.push_back(combined(kind, in_part));
  return results;
}

std::optional<ValueSet> Conditions::where_it_matters(Kind kind, Id term, const Field& field) const {
  const Node& node = nodes_[term];
  if (node.kind == Kind::kIn) {
    if (node.set.field != field) return std::nullopt;
    return kind == Kind::kAny ? node.set : complement(node.set);
  }
  // A conjunction in a disjunction, or the other way round: a part of it may settle all of it.
  for (const Id part : node.terms) {
    const Node& inner = nodes_[part];
    if (inner.kind == Kind::kIn && inner.set.field == field) {
      return kind == Kind::kAny ? inner.set : complement(inner.set);
    }
  }
  return std::nullopt;
}

// Knowing the value of a field is knowing some bits of its argument, which may settle other fields
// or make them smaller.
Id Conditions::set_given(const ValueSet& set, const Field& field, const ValueRange& range) {
  if (set.field == field) return set.contains(range.first) ? kAlways : kNever;
  const uint64_t known = set.field.mask & field.mask;
  if (set.field.argument != field.argument || known == 0 || range.first != range.last) {
    return in(set);
  }
  if (known == set.field.mask) return set.contains(range.first & known) ? kAlways : kNever;
  const bool excludes = !set.single_value();
  const std::optional<uint64_t> value = (excludes ? complement(set) : set).single_value();
  if (!value) return in(set);
  if ((*value ^ range.first) & known) return excludes ? kAlways : kNever;
  const Field rest = {set.field.argument, set.field.mask & ~known};
  const ValueSet remaining = only(rest, *value & rest.mask);
  return in(excludes ? complement(remaining) : remaining);
}

template <typename Visit>
void Conditions::for_each_set(Id condition, const Visit& visit) const {
  const Node& node = nodes_[condition];
  if (node.kind == Kind::kIn) visit(node.set);
  for (const Id term : node.terms) for_each_set(term, visit);
}

std::map<Field, size_t> Conditions::uses_of_fields(Id condition) const {
  std::map<Field, size_t> uses;
  for_each_set(condition, [&](const ValueSet& set) { uses[set.field]++; });
  return uses;
}

std::vector<Field> Conditions::fields_of(Id condition) const {
  std::vector<Field> fields;
  for (const auto& [field, uses] : uses_of_fields(condition)) fields.push_back(field);
  return fields;
}

bool Conditions::has_overlapping_fields(Id condition) const {
  std::map<int, uint64_t> seen;
  for (const Field& field : fields_of(condition)) {
    uint64_t& bits = seen[field.argument];
    if (bits & field.mask) return true;
    bits |= field.mask;
  }
  return false;
}

std::vector<const ValueSet*> Conditions::sets_of(Id condition, const Field& field) const {
  std::vector<const ValueSet*> sets;
  for_each_set(condition, [&](const ValueSet& set) {
    if (set.field == field) sets.push_back(&set);
  });
  return sets;
}

}  // namespace qsbx
