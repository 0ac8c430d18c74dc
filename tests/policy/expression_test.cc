// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/policy/expression.h"

#include <gtest/gtest.h>

namespace qsbx {
namespace {

constexpr uint64_t kAll = ~uint64_t{0};
constexpr uint64_t kMinusOne = ~uint64_t{0};
constexpr uint64_t kMinusTwo = ~uint64_t{0} - 1;

constexpr Operand kInt = {0, 32, true, kAll};
constexpr Operand kUnsigned = {0, 32, false, kAll};
constexpr Operand kLong = {0, 64, true, kAll};
constexpr Operand kSize = {0, 64, false, kAll};
constexpr Operand kShort = {0, 16, false, kAll};

struct Case {
  const char* what;
  Operand operand;
  Comparator comparator;
  uint64_t constant;
  uint64_t value;  // of the register
  bool holds;
};

constexpr Case kCases[] = {
    {"int equals its low word", kInt, Comparator::kEqual, 3, 0xdeadbeef00000003, true},
    {"int -1", kInt, Comparator::kEqual, kMinusOne, 0x00000000ffffffff, true},
    {"int -1 below 0", kInt, Comparator::kLess, 0, 0xffffffff, true},
    {"int 0x7fffffff above 0", kInt, Comparator::kGreater, 0, 0x7fffffff, true},
    {"int 0x80000000 below -1", kInt, Comparator::kLess, kMinusOne, 0x80000000, true},
    {"int -2 not at least -1", kInt, Comparator::kGreaterEqual, kMinusOne, 0xfffffffe, false},
    {"unsigned 0xffffffff above 5", kUnsigned, Comparator::kGreater, 5, 0xffffffff, true},
    {"unsigned ignores the high word", kUnsigned, Comparator::kLessEqual, 5, 0x100000005, true},
    {"size does not", kSize, Comparator::kLessEqual, 5, 0x100000005, false},
    {"size compares both words", kSize, Comparator::kLess, 0x200000000, 0x1ffffffff, true},
    {"long -1 below 0", kLong, Comparator::kLess, 0, kMinusOne, true},
    {"long 0xffffffff above 0", kLong, Comparator::kGreater, 0, 0xffffffff, true},
    {"short ignores bit 16", kShort, Comparator::kEqual, 0xffff, 0x1ffff, true},
    {"not equal", kInt, Comparator::kNotEqual, kMinusTwo, 0xfffffffe, false},
};

TEST(Expression, ComparesWithWidthAndSignOfTheArgument) {
  for (const Case& row : kCases) {
    const Expression expression = Expression::compare(row.operand, row.comparator, row.constant);
    EXPECT_EQ(holds(expression, {row.value}), row.holds) << row.what;
  }
}

TEST(Expression, MasksBeforeItCompares) {
  const Operand masked = {1, 32, false, 0x3};
  const Expression read_only = Expression::compare(masked, Comparator::kEqual, 0);
  EXPECT_TRUE(holds(read_only, {0, 0x80000}));
  EXPECT_FALSE(holds(read_only, {0, 0x80001}));
}

TEST(Expression, RangesOfSignedValuesMaySpanZero) {
  const Expression small = Expression::in(kInt, {{kMinusTwo, 2}});
  EXPECT_TRUE(holds(small, {0xfffffffe}));
  EXPECT_TRUE(holds(small, {2}));
  EXPECT_FALSE(holds(small, {0xfffffffd}));
  EXPECT_FALSE(holds(small, {3}));
}

TEST(Expression, RangesAreKeptSortedAndMerged) {
  const Expression in = Expression::in(kUnsigned, {{7, 9}, {1, 2}, {3, 4}, {8, 12}});
  const std::vector<ValueRange> expected = {{1, 4}, {7, 12}};
  EXPECT_EQ(in.node().ranges, expected);
}

TEST(Expression, ConstantsDecideOrDisappear) {
  const Expression test = Expression::compare(kInt, Comparator::kEqual, 1);
  EXPECT_TRUE(Expression::all_of({}).is_always());
  EXPECT_TRUE(Expression::any_of({}).is_never());
  EXPECT_TRUE(Expression::all_of({test, Expression::never()}).is_never());
  EXPECT_TRUE(Expression::any_of({test, Expression::always()}).is_always());
  EXPECT_EQ(&Expression::all_of({test, Expression::always()}).node(), &test.node());
  EXPECT_EQ(&Expression::negation(Expression::negation(test)).node(), &test.node());
  EXPECT_TRUE(Expression::negation(Expression::never()).is_always());
}

TEST(Expression, CombinesTerms) {
  const Expression one = Expression::compare({0, 32, true, kAll}, Comparator::kEqual, 1);
  const Expression two = Expression::compare({1, 32, true, kAll}, Comparator::kEqual, 2);
  EXPECT_TRUE(holds(Expression::all_of({one, two}), {1, 2}));
  EXPECT_FALSE(holds(Expression::all_of({one, two}), {1, 3}));
  EXPECT_TRUE(holds(Expression::any_of({one, two}), {1, 3}));
  EXPECT_FALSE(holds(Expression::any_of({one, two}), {0, 3}));
  EXPECT_TRUE(holds(Expression::negation(two), {1, 3}));
}

}  // namespace
}  // namespace qsbx
