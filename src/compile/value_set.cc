// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/compile/value_set.h"

#include <algorithm>
#include <bit>

namespace qsbx {
namespace {

using Ranges = std::vector<ValueRange>;

uint64_t low_bits(uint8_t bits) { return bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1; }

uint64_t smallest(const Operand& operand) {
  return operand.is_signed ? ~uint64_t{0} << (operand.bits - 1) : 0;
}

uint64_t largest(const Operand& operand) {
  const uint64_t all = low_bits(operand.bits);
  return operand.is_signed ? all >> 1 : all;
}

bool less(const Operand& operand, uint64_t a, uint64_t b) {
  return operand.is_signed ? static_cast<int64_t>(a) < static_cast<int64_t>(b) : a < b;
}

// In the operand's own order; empty when no value of its type fits.
Ranges clipped(const Operand& operand, uint64_t first, uint64_t last) {
  if (less(operand, first, smallest(operand))) first = smallest(operand);
  if (less(operand, largest(operand), last)) last = largest(operand);
  if (less(operand, last, first)) return {};
  return {{first, last}};
}

Ranges below(const Operand& operand, uint64_t value) {
  if (!less(operand, smallest(operand), value)) return {};
  return clipped(operand, smallest(operand), value - 1);
}

Ranges above(const Operand& operand, uint64_t value) {
  if (!less(operand, value, largest(operand))) return {};
  return clipped(operand, value + 1, largest(operand));
}

Ranges concatenated(Ranges a, const Ranges& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Ranges compared(const Operand& operand, Comparator comparator, uint64_t value) {
  switch (comparator) {
    case Comparator::kEqual:
      return clipped(operand, value, value);
    case Comparator::kNotEqual:
      return concatenated(below(operand, value), above(operand, value));
    case Comparator::kLess:
      return below(operand, value);
    case Comparator::kLessEqual:
      return clipped(operand, smallest(operand), value);
    case Comparator::kGreater:
      return above(operand, value);
    case Comparator::kGreaterEqual:
      return clipped(operand, value, largest(operand));
  }
  return {};
}

// The register's bits for a range in the operand's order: one that spans -1 and 0 becomes two.
Ranges as_unsigned(const Operand& operand, const ValueRange& range) {
  const uint64_t all = low_bits(operand.bits);
  const bool spans_zero = operand.is_signed && static_cast<int64_t>(range.first) < 0 &&
                          static_cast<int64_t>(range.last) >= 0;
  if (!spans_zero) return {{range.first & all, range.last & all}};
  return {{range.first & all, all}, {0, range.last}};
}

// The bits below the highest one of `value` that lies outside `mask`, and that one.
uint64_t from_highest_stray_bit(uint64_t mask, uint64_t value) {
  return ~uint64_t{0} >> std::countl_zero(value & ~mask);
}

bool has_stray_bit(uint64_t mask, uint64_t value) { return (value & ~mask) != 0; }

// The greatest value of the field that is at most `value`.
uint64_t at_most(uint64_t mask, uint64_t value) {
  if (!has_stray_bit(mask, value)) return value;
  const uint64_t lower = from_highest_stray_bit(mask, value);
  return (value & ~lower) | (mask & lower);
}

// The least value of the field that is at least `value`.
std::optional<uint64_t> at_least(uint64_t mask, uint64_t value) {
  if (!has_stray_bit(mask, value)) return value;
  return next_masked_value(mask, at_most(mask, value));
}

// Ends moved inwards to values that the field can have.
Ranges representable(uint64_t mask, const Ranges& ranges) {
  Ranges result;
  for (const ValueRange& range : ranges) {
    const std::optional<uint64_t> first = at_least(mask, range.first);
    const uint64_t last = at_most(mask, range.last);
    if (first && *first <= last) result.push_back({*first, last});
  }
  return result;
}

ValueSet canonical(const Field& field, const Ranges& ranges) {
  Ranges sorted = representable(field.mask, ranges);
  std::sort(sorted.begin(), sorted.end(),
            [](const ValueRange& a, const ValueRange& b) { return a.first < b.first; });
  ValueSet merged = {field, {}};
  for (const ValueRange& range : sorted) {
    const bool touches = !merged.empty() &&
                         (range.first <= merged.ranges.back().last ||
                          next_masked_value(field.mask, merged.ranges.back().last) == range.first);
    if (touches) {
      merged.ranges.back().last = std::max(merged.ranges.back().last, range.last);
    } else {
      merged.ranges.push_back(range);
    }
  }
  return merged;
}

Ranges in_operand_order(const ExpressionNode& node) {
  if (node.kind == ExpressionNode::Kind::kCompare) {
    return compared(node.operand, node.comparator, node.value);
  }
  Ranges ranges;
  for (const ValueRange& range : node.ranges) {
    ranges = concatenated(std::move(ranges), clipped(node.operand, range.first, range.last));
  }
  return ranges;
}

}  // namespace

bool ValueSet::is_everything() const {
  return ranges.size() == 1 && ranges.front().first == 0 && ranges.front().last == field.mask;
}

bool ValueSet::contains(uint64_t value) const {
  return std::any_of(ranges.begin(), ranges.end(), [value](const ValueRange& range) {
    return range.first <= value && value <= range.last;
  });
}

std::optional<uint64_t> ValueSet::single_value() const {
  if (ranges.size() != 1 || ranges.front().first != ranges.front().last) return std::nullopt;
  return ranges.front().first;
}

size_t part_of(const std::vector<ValueRange>& parts, uint64_t value) {
  const auto after =
      std::upper_bound(parts.begin(), parts.end(), value,
                       [](uint64_t wanted, const ValueRange& part) { return wanted < part.first; });
  return static_cast<size_t>(after - parts.begin()) - 1;
}

ValueSet value_set(const ExpressionNode& node) {
  Ranges ranges;
  for (const ValueRange& range : in_operand_order(node)) {
    ranges = concatenated(std::move(ranges), as_unsigned(node.operand, range));
  }
  return canonical({node.operand.argument, node.operand.mask & low_bits(node.operand.bits)},
                   ranges);
}

ValueSet only(const Field& field, uint64_t value) { return {field, {{value, value}}}; }

ValueSet complement(const ValueSet& set) {
  Ranges ranges;
  uint64_t next = 0;
  for (const ValueRange& range : set.ranges) {
    if (range.first > next) ranges.push_back({next, range.first - 1});
    if (range.last >= set.field.mask) return canonical(set.field, ranges);
    next = range.last + 1;
  }
  ranges.push_back({next, set.field.mask});
  return canonical(set.field, ranges);
}

ValueSet united(const ValueSet& a, const ValueSet& b) {
  return canonical(a.field, concatenated(a.ranges, b.ranges));
}

ValueSet intersected(const ValueSet& a, const ValueSet& b) {
  return complement(united(complement(a), complement(b)));
}

// What the mask leaves out is set, so that a carry runs through it.
std::optional<uint64_t> next_masked_value(uint64_t mask, uint64_t value) {
  if (value >= mask) return std::nullopt;
  return ((value | ~mask) + 1) & mask;
}

}  // namespace qsbx
