// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Conditions on the way from expressions to tests: negations are gone, every comparison is a set of
// values of a field, and what can be decided or joined without looking at an argument is.
//
// Conditions are shared: equal ones have the same ID, which is what makes "what is left to ask
// after this test" a key to look up (src/compile/lower.cc).
#ifndef QSBX_COMPILE_CONDITION_H_
#define QSBX_COMPILE_CONDITION_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "src/compile/value_set.h"
#include "src/policy/expression.h"

namespace qsbx {

class Conditions {
 public:
  using Id = uint32_t;

  static constexpr Id kNever = 0;
  static constexpr Id kAlways = 1;

  enum class Kind { kConstant, kIn, kAll, kAny };

  struct Node {
    Kind kind;
    ValueSet set = {};           // kIn: neither empty nor everything
    std::vector<Id> terms = {};  // kAll, kAny: two or more, sorted, none of them of the same kind

    auto operator<=>(const Node&) const = default;
  };

  Conditions();

  Id from(const Expression& expression) { return from(expression, false); }
  Id in(const ValueSet& set);
  // In conjunctions and disjunctions, comparisons of the same field become one, and so do tests of
  // different bits of one argument where that takes a single comparison: `(x & 1) == 0 && (x & 2)
  // == 2` is `(x & 3) == 2`.
  Id all(const std::vector<Id>& terms) { return combined(Kind::kAll, terms); }
  Id any(const std::vector<Id>& terms) { return combined(Kind::kAny, terms); }

  const Node& node(Id id) const { return nodes_[id]; }
  bool is_constant(Id id) const { return id <= kAlways; }

  // What is left of the condition when the field is known to lie in `range`. No comparison of this
  // field in the condition may tell the values of the range apart.
  Id given(Id condition, const Field& field, const ValueRange& range);

  // The same for each of the parts, which are sorted and cover all values of the field. Of a
  // disjunction, or conjunction, of many terms that are each about few values it takes no longer
  // than looking at each term where it matters.
  std::vector<Id> given_each(Id condition, const Field& field,
                             const std::vector<ValueRange>& parts);

  // How many conditions given() and given_each() have looked at, which is what time they took.
  uint64_t visited() const { return visited_; }

  // Sorted, each once.
  std::vector<Field> fields_of(Id condition) const;
  // Each with how many comparisons look at it.
  std::map<Field, size_t> uses_of_fields(Id condition) const;
  // Whether two of its fields have bits in common.
  bool has_overlapping_fields(Id condition) const;
  // The sets that the condition compares the field with.
  std::vector<const ValueSet*> sets_of(Id condition, const Field& field) const;

 private:
  Id from(const Expression& expression, bool negated);
  Id combined(Kind kind, const std::vector<Id>& terms);
  Id intern(Node node);
  // The values of the field outside which a term of such a node changes nothing.
  std::optional<ValueSet> where_it_matters(Kind kind, Id term, const Field& field) const;
  Id set_given(const ValueSet& set, const Field& field, const ValueRange& range);
  template <typename Visit>
  void for_each_set(Id condition, const Visit& visit) const;

  std::vector<Node> nodes_;
  std::map<Node, Id> ids_;
  uint64_t visited_ = 0;
};

}  // namespace qsbx

#endif
