// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/compile/value_set.h"

#include <algorithm>

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

Ranges canonical(Ranges ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const ValueRange& a, const ValueRange& b) { return a.first < b.first; });
  Ranges merged;
  for (const ValueRange& range : ranges) {
    const bool touches = !merged.empty() && (range.first <= merged.back().last ||
                                             (range.first - 1 == merged.back().last));
    if (touches) {
      merged.back().last = std::max(merged.back().last, range.last);
    } else {
      merged.push_back(range);
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

ValueSet value_set(const ExpressionNode& node) {
  Ranges ranges;
  for (const ValueRange& range : in_operand_order(node)) {
    ranges = concatenated(std::move(ranges), as_unsigned(node.operand, range));
  }
  return {{node.operand.argument, node.operand.mask & low_bits(node.operand.bits)},
          canonical(std::move(ranges))};
}

ValueSet united(const ValueSet& a, const ValueSet& b) {
  return {a.field, canonical(concatenated(a.ranges, b.ranges))};
}

}  // namespace qsbx
