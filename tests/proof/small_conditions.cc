// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/proof/small_conditions.h"

#include <set>

namespace qsbx {
namespace {

constexpr Comparator kComparators[] = {Comparator::kEqual,   Comparator::kNotEqual,
                                       Comparator::kLess,    Comparator::kLessEqual,
                                       Comparator::kGreater, Comparator::kGreaterEqual};

uint64_t all_ones(int bits) { return ~uint64_t{0} >> (64 - bits); }

// As the operand has it: see ValueRange.
uint64_t extended(uint64_t value, int bits, bool is_signed) {
  const bool negative = is_signed && (value >> (bits - 1) & 1) != 0;
  return negative ? value | ~all_ones(bits) : value;
}

void add_comparisons(const Operand& operand, const std::set<uint64_t>& constants,
                     std::vector<Expression>& comparisons) {
  for (uint64_t constant : constants) {
    for (Comparator comparator : kComparators) {
      comparisons.push_back(Expression::compare(operand, comparator, constant));
    }
  }
}

void add_plain(int argument, uint8_t bits, bool is_signed, std::vector<Expression>& comparisons) {
  const uint64_t smallest = uint64_t{1} << (bits - 1);
  std::set<uint64_t> constants;
  for (uint64_t value : {uint64_t{0}, uint64_t{1}, smallest - 1, smallest, all_ones(bits)}) {
    constants.insert(extended(value, bits, is_signed));
  }
  if (bits == 64) constants.insert(uint64_t{1} << 32);
  add_comparisons({argument, bits, is_signed, ~uint64_t{0}}, constants, comparisons);
}

void add_masked(int argument, uint8_t bits, uint64_t mask, std::vector<Expression>& comparisons) {
  add_comparisons({argument, bits, false, mask}, {0, mask, mask & -mask}, comparisons);
}

void add_pairs(const Expression& a, const Expression& b, std::vector<Expression>& conditions) {
  const Expression both = Expression::all_of({a, b});
  const Expression either = Expression::any_of({a, b});
  conditions.insert(conditions.end(),
                    {both, either, Expression::negation(both), Expression::negation(either)});
}

bool stands_second(const Expression& comparison) {
  const Comparator comparator = comparison.node().comparator;
  return comparator == Comparator::kEqual || comparator == Comparator::kLess;
}

void collect_values(const Expression& condition, int argument, std::set<uint64_t>& values) {
  const ExpressionNode& node = condition.node();
  for (const Expression& term : node.terms) collect_values(term, argument, values);
  if (node.kind != ExpressionNode::Kind::kCompare || node.operand.argument != argument) return;
  const uint64_t beyond = ~all_ones(node.operand.bits);
  for (uint64_t value : {node.value, node.operand.mask, ~node.operand.mask}) {
    values.insert({value - 1, value, value + 1, value ^ beyond});
  }
}

std::set<uint64_t> boundary_values(const Expression& condition, int argument) {
  std::set<uint64_t> values = {0, ~uint64_t{0}};
  collect_values(condition, argument, values);
  return values;
}

}  // namespace

std::vector<Expression> comparisons(int argument) {
  std::vector<Expression> result;
  for (uint8_t bits : {16, 32, 64}) {
    add_plain(argument, bits, false, result);
    add_plain(argument, bits, true, result);
    add_masked(argument, bits, uint64_t{1} << (bits - 1) | 1, result);
  }
  add_masked(argument, 64, 0xf00000000, result);
  return result;
}

std::vector<Expression> small_conditions() {
  const std::vector<Expression> first = comparisons(0);
  std::vector<Expression> conditions = first;
  for (size_t i = 0; i < first.size(); ++i) {
    for (size_t j = i + 1; j < first.size(); ++j) add_pairs(first[i], first[j], conditions);
  }
  for (const Expression& other : comparisons(1)) {
    if (!stands_second(other)) continue;
    for (const Expression& one : first) add_pairs(one, other, conditions);
  }
  return conditions;
}

std::vector<Arguments> boundary_arguments(const Expression& condition) {
  std::vector<Arguments> result;
  for (uint64_t first : boundary_values(condition, 0)) {
    for (uint64_t second : boundary_values(condition, 1)) {
      result.push_back({first, second, 0, 0, 0, 0});
    }
  }
  return result;
}

}  // namespace qsbx
