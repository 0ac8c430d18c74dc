// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/compile/event_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr uint64_t kAll = ~uint64_t{0};
constexpr Operand kInt = {0, 32, true, kAll};
constexpr Operand kUnsigned = {0, 32, false, kAll};
constexpr Operand kLong = {0, 64, true, kAll};
constexpr Operand kSize = {0, 64, false, kAll};

Operand masked(uint64_t mask) { return {0, 32, false, mask}; }

const std::vector<EventField> kFields = {{"unsigned int", "x", 16, 8, false},
                                         {"const char *", "path", 24, 8, false}};

std::vector<std::string> filters(const Expression& condition) {
  auto strings = event_filters(condition, kFields);
  EXPECT_TRUE(strings.ok()) << strings.error().message;
  return strings.ok() ? *strings : std::vector<std::string>{};
}

Expression compare(Operand operand, Comparator comparator, uint64_t value) {
  return Expression::compare(operand, comparator, value);
}

// The strings themselves are only examples: tests/kernel/event_oracle_test.cc asks the kernel what
// they mean.
TEST(EventFilter, LowBitsAreTestedBitByBit) {
  EXPECT_THAT(filters(compare(kInt, Comparator::kEqual, 3)),
              ElementsAre("!(x & 0xfffffffc) && x & 0x1 && x & 0x2"));
  EXPECT_THAT(filters(compare(kInt, Comparator::kNotEqual, 3)),
              ElementsAre("x & 0xfffffffc || !(x & 0x1) || !(x & 0x2)"));
}

TEST(EventFilter, MaskedComparisons) {
  EXPECT_THAT(filters(compare(masked(0x41), Comparator::kNotEqual, 0)), ElementsAre("x & 0x41"));
  EXPECT_THAT(filters(compare(masked(0x41), Comparator::kEqual, 0)), ElementsAre("!(x & 0x41)"));
  EXPECT_THAT(filters(compare(masked(3), Comparator::kEqual, 1)),
              ElementsAre("!(x & 0x2) && x & 0x1"));
}

TEST(EventFilter, OrderOfLowBits) {
  EXPECT_THAT(filters(compare(masked(7), Comparator::kGreaterEqual, 5)),
              ElementsAre("x & 0x4 && (x & 0x3)"));
  EXPECT_THAT(filters(compare(kUnsigned, Comparator::kLess, 16)), ElementsAre("!(x & 0xfffffff0)"));
  EXPECT_THAT(filters(compare(kInt, Comparator::kLess, 0)), ElementsAre("x & 0x80000000"));
}

TEST(EventFilter, WholeFieldsAreComparedAsSuch) {
  EXPECT_THAT(filters(compare(kSize, Comparator::kLessEqual, 4096)), ElementsAre("x <= 0x1000"));
  EXPECT_THAT(filters(compare(kSize, Comparator::kNotEqual, 5)), ElementsAre("x != 0x5"));
  EXPECT_THAT(filters(compare(kLong, Comparator::kLess, 0)),
              ElementsAre("x >= 0x8000000000000000"));
}

TEST(EventFilter, ConstantsNeedNoString) {
  EXPECT_THAT(filters(Expression::always()), ElementsAre(""));
  EXPECT_THAT(filters(Expression::never()), IsEmpty());
}

TEST(EventFilter, TooLongIsSplitIntoPartsThatExcludeEachOther) {
  std::vector<ValueRange> values;
  for (uint64_t i = 0; i < 100; ++i) values.push_back({i * 0x01234567 % 0xfffffff1, 0});
  for (ValueRange& range : values) range.last = range.first;
  const auto strings = filters(Expression::in(kUnsigned, values));
  EXPECT_GT(strings.size(), 1u);
  for (const std::string& text : strings) EXPECT_LE(text.size(), kLongestEventFilter);
}

TEST(EventFilter, WhatCannotBeSplitIsRefusedWithItsLength) {
  std::vector<Expression> terms;
  for (uint64_t i = 1; i < 200; ++i) {
    terms.push_back(Expression::all_of({compare(kUnsigned, Comparator::kEqual, i * 0x01234567),
                                        compare({1, 64, false, kAll}, Comparator::kEqual, i)}));
  }
  auto fields = kFields;
  fields[1].type = "unsigned long";
  const auto strings = event_filters(Expression::any_of(terms), fields);
  ASSERT_FALSE(strings.ok());
  EXPECT_EQ(strings.error().code, ErrorCode::kProgram);
  EXPECT_THAT(strings.error().message, HasSubstr("characters; the kernel takes 4095"));
}

TEST(EventFilter, StringsAreNoNumbers) {
  const auto strings = event_filters(compare({1, 64, false, kAll}, Comparator::kEqual, 0), kFields);
  ASSERT_FALSE(strings.ok());
  EXPECT_EQ(strings.error().message,
            "the kernel's event filters cannot say this: 'path' is a 'const char *', which they "
            "compare as text and not as a number");
}

TEST(EventFilter, AnArgumentWithoutAFieldIsRefused) {
  const auto strings = event_filters(compare({5, 64, false, kAll}, Comparator::kEqual, 0), kFields);
  ASSERT_FALSE(strings.ok());
  EXPECT_THAT(strings.error().message, HasSubstr("no field for argument 5"));
}

}  // namespace
}  // namespace qsbx
