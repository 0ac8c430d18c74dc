// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A comparison as the set of register values for which it is true. Signs and comparators end here:
// what follows sees unsigned ranges only.
#ifndef QSBX_COMPILE_VALUE_SET_H_
#define QSBX_COMPILE_VALUE_SET_H_

#include <compare>
#include <optional>
#include <vector>

#include "src/policy/expression.h"

namespace qsbx {

// The masked bits of one argument. Two comparisons with equal fields can be merged into one set.
struct Field {
  int argument;
  uint64_t mask;  // bits that the width leaves out are zero

  auto operator<=>(const Field&) const = default;
};

// Some of the values that a field can have. Canonical: equal sets have equal ranges.
struct ValueSet {
  Field field;
  // Unsigned, sorted, disjoint, ends are values that the field can have, and between two ranges
  // there is at least one such value.
  std::vector<ValueRange> ranges;

  bool empty() const { return ranges.empty(); }
  bool is_everything() const;
  bool contains(uint64_t value) const;
  // The only value there is in the set.
  std::optional<uint64_t> single_value() const;

  auto operator<=>(const ValueSet&) const = default;
};

// Of sorted ranges that cover all values, the one that has this value.
size_t part_of(const std::vector<ValueRange>& parts, uint64_t value);

// `node` is a comparison or a membership (kCompare, kIn).
ValueSet value_set(const ExpressionNode& node);

ValueSet only(const Field& field, uint64_t value);
ValueSet complement(const ValueSet& set);
// Of the same field.
ValueSet united(const ValueSet& a, const ValueSet& b);
ValueSet intersected(const ValueSet& a, const ValueSet& b);

// The least value with no bit outside `mask` that is greater than `value`; nullopt when there is
// none.
std::optional<uint64_t> next_masked_value(uint64_t mask, uint64_t value);

}  // namespace qsbx

#endif
