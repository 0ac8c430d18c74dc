// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/compile/condition.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/random_policy.h"

namespace qsbx {
namespace {

using testing::Random;

constexpr Field kFlags = {1, 0xffffffff};

ValueSet bits(uint64_t mask, uint64_t value) { return only({1, mask}, value); }

TEST(Condition, TestsOfDifferentBitsBecomeOne) {
  Conditions conditions;
  const auto both = conditions.all({conditions.in(bits(1, 0)), conditions.in(bits(2, 2))});
  EXPECT_EQ(both, conditions.in(bits(3, 2)));
  const auto any = conditions.any(
      {conditions.in(complement(bits(4, 0))), conditions.in(complement(bits(8, 0)))});
  EXPECT_EQ(any, conditions.in(complement(bits(12, 0))));
}

TEST(Condition, ContradictionsAndTautologiesAreConstants) {
  Conditions conditions;
  const auto never = conditions.all({conditions.in(bits(3, 1)), conditions.in(bits(6, 2))});
  EXPECT_EQ(never, Conditions::kNever);
  const ValueSet seven = only(kFlags, 7);
  EXPECT_EQ(conditions.any({conditions.in(seven), conditions.in(complement(seven))}),
            Conditions::kAlways);
  EXPECT_EQ(conditions.in({{1, 3}, {{0, 3}}}), Conditions::kAlways);
}

TEST(Condition, OrderAndNestingDoNotMatter) {
  Conditions conditions;
  const auto a = conditions.in(only({0, 0xff}, 1));
  const auto b = conditions.in(only({1, 0xff}, 2));
  const auto c = conditions.in(only({2, 0xff}, 3));
  EXPECT_EQ(conditions.all({a, conditions.all({b, c})}),
            conditions.all({conditions.all({c, a}), b}));
  EXPECT_EQ(conditions.any({a, a}), a);
}

TEST(Condition, KnownBitsMakeOtherFieldsSmaller) {
  Conditions conditions;
  const auto condition = conditions.in(bits(0xff, 0x31));
  const Field low_digit = {1, 0x0f};
  EXPECT_EQ(conditions.given(condition, low_digit, {1, 1}), conditions.in(bits(0xf0, 0x30)));
  EXPECT_EQ(conditions.given(condition, low_digit, {2, 2}), Conditions::kNever);
  EXPECT_EQ(conditions.given(condition, kFlags, {0x131, 0x131}), Conditions::kAlways);
  EXPECT_EQ(conditions.given(condition, low_digit, {1, 2}), condition);
}

TEST(Condition, MasksWithGapsHaveTheirOwnNeighbours) {
  const Field gaps = {1, 0x5};
  EXPECT_EQ(next_masked_value(0x5, 1), 4U);
  EXPECT_EQ(next_masked_value(0x5, 5), std::nullopt);
  const ValueSet all = united({gaps, {{0, 1}}}, {gaps, {{4, 5}}});
  EXPECT_TRUE(all.is_everything());
  EXPECT_TRUE(complement(all).empty());
  EXPECT_EQ(complement(only(gaps, 1)).ranges, (std::vector<ValueRange>{{0, 0}, {4, 5}}));
}

bool holds_for(const Conditions& conditions, Conditions::Id id, const Arguments& arguments) {
  const Conditions::Node& node = conditions.node(id);
  const auto term_holds = [&](Conditions::Id term) {
    return holds_for(conditions, term, arguments);
  };
  switch (node.kind) {
    case Conditions::Kind::kConstant:
      return id == Conditions::kAlways;
    case Conditions::Kind::kIn:
      return node.set.contains(arguments[static_cast<size_t>(node.set.field.argument)] &
                               node.set.field.mask);
    case Conditions::Kind::kAll:
      return std::all_of(node.terms.begin(), node.terms.end(), term_holds);
    case Conditions::Kind::kAny:
      return std::any_of(node.terms.begin(), node.terms.end(), term_holds);
  }
  return false;
}

TEST(Condition, MeansWhatTheExpressionMeans) {
  Random random(testing::test_seed());
  int held = 0;
  for (int round = 0; round < 3000; round++) {
    const Policy policy = testing::random_policy(random, Architecture::kX86_64, 1);
    for (const auto& [number, call] : policy.calls()) {
      const Expression expression = call.condition();
      Conditions conditions;
      const auto id = conditions.from(expression);
      for (int i = 0; i < 20; i++) {
        const Arguments arguments =
            testing::as_call(testing::random_call(random, policy)).arguments;
        const bool meant = holds(expression, arguments);
        ASSERT_EQ(holds_for(conditions, id, arguments), meant);
        held += meant ? 1 : 0;
      }
    }
  }
  EXPECT_GT(held, 1000);
}

}  // namespace
}  // namespace qsbx
