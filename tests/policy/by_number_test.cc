// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/policy/by_number.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/policy/algebra.h"
#include "tests/policy/random_policy.h"

namespace qsbx {
namespace {

using ::testing::HasSubstr;

constexpr Architecture kX86 = Architecture::kX86_64;
constexpr int kRead = 0;
constexpr int kIoctl = 16;
constexpr int kEnosys = 38;

constexpr Operand kCommand = {1, 32, false, UINT64_MAX};

Expression command_is(uint64_t value) {
  return Expression::compare(kCommand, Comparator::kEqual, value);
}
Expression command_below(uint64_t value) {
  return Expression::compare(kCommand, Comparator::kLess, value);
}
Expression command_from(uint64_t value) {
  return Expression::compare(kCommand, Comparator::kGreaterEqual, value);
}

Origin at(int line) { return {"x", "x.profile", line}; }

Policy ioctls(const std::vector<Expression>& conditions) {
  Policy policy(kX86);
  int line = 11;
  for (const Expression& condition : conditions) policy.grant(kIoctl, {condition, at(++line)});
  return policy;
}

bool looks_at_no_argument(const Policy& policy) {
  return std::ranges::all_of(policy.calls(), [](const auto& entry) {
    return std::ranges::all_of(entry.second.grants,
                               [](const Grant& grant) { return grant.condition.is_always(); });
  });
}

std::string refusal_of(const Policy& policy) {
  const auto result = by_number(policy, PartialCalls::kRefuse);
  return result.ok() ? "" : result.error().message;
}

TEST(ByNumber, AnErrorNamesEveryCallWithItsRules) {
  Policy policy = ioctls({command_is(1), command_is(2)});
  policy.grant(kRead, {command_is(3), at(20)});
  policy.grant(1, {Expression::always(), at(30)});
  EXPECT_EQ(refusal_of(policy),
            "call numbers alone do not decide this policy, it looks at arguments: read "
            "(x.profile:20), ioctl (x.profile:12, x.profile:13); relax these to whole calls or "
            "tighten them to none, or use a filter");
}

TEST(ByNumber, ARelaxedRuleGrantsTheWholeCall) {
  const auto result = *by_number(ioctls({command_is(1)}), PartialCalls::kRelax);
  ASSERT_EQ(result.changed.size(), 1U);
  EXPECT_EQ(result.changed[0].to_string(kX86), "ioctl at x.profile:12 now grants every ioctl");
  EXPECT_TRUE(result.policy.calls().at(kIoctl).is_unconditional());
}

TEST(ByNumber, ATightenedRuleGrantsNothing) {
  const auto result = *by_number(ioctls({command_is(1)}), PartialCalls::kTighten);
  ASSERT_EQ(result.changed.size(), 1U);
  EXPECT_EQ(result.changed[0].to_string(kX86), "ioctl at x.profile:12 now grants no ioctl");
  EXPECT_TRUE(result.policy.empty());
}

TEST(ByNumber, ARefusalStaysAndIsMentioned) {
  Policy policy = ioctls({command_is(1)});
  ASSERT_TRUE(policy.refuse(kIoctl, {kEnosys, at(40), true}).ok());
  const auto relaxed = *by_number(policy, PartialCalls::kRelax);
  EXPECT_EQ(relaxed.changed[0].to_string(kX86),
            "ioctl at x.profile:12 now grants every ioctl: none fails with ENOSYS");
  const auto tightened = *by_number(policy, PartialCalls::kTighten);
  EXPECT_EQ(tightened.changed[0].to_string(kX86),
            "ioctl at x.profile:12 now grants no ioctl: each fails with ENOSYS");
  const Decision decision =
      evaluate(tightened.policy, {audit_architecture(kX86), kIoctl, {0, 1, 0, 0, 0, 0}});
  EXPECT_EQ(decision.error, kEnosys);
  EXPECT_TRUE(decision.reported);
}

TEST(ByNumber, ARefusalAloneLooksAtNoArgument) {
  Policy policy(kX86);
  ASSERT_TRUE(policy.refuse(kIoctl, {kEnosys, at(40)}).ok());
  const auto result = by_number(policy, PartialCalls::kRefuse);
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(*equal(result->policy, policy));
}

// What is always true is found by its meaning.
TEST(ByNumber, WhatIsAlwaysTrueIsNotChanged) {
  const Policy together = ioctls({command_below(10), command_from(10)});
  const Policy written_so =
      ioctls({Expression::any_of({command_is(1), Expression::negation(command_is(1))})});
  const Policy beside = ioctls({command_is(1), Expression::always()});
  for (const Policy& policy : {together, written_so, beside}) {
    const auto result = by_number(policy, PartialCalls::kRefuse);
    ASSERT_TRUE(result.ok());
    EXPECT_TRUE(result->changed.empty());
    EXPECT_TRUE(looks_at_no_argument(result->policy));
    EXPECT_TRUE(*equal(result->policy, policy));
  }
  EXPECT_NE(refusal_of(ioctls({command_below(10), command_from(11)})), "");
}

// A rule is named for what it grants only if it grants it.
TEST(ByNumber, AnUnconditionalCallKeepsTheRulesThatMakeItSo) {
  const auto beside =
      *by_number(ioctls({command_is(1), Expression::always()}), PartialCalls::kRefuse);
  ASSERT_EQ(beside.policy.calls().at(kIoctl).grants.size(), 1U);
  EXPECT_EQ(beside.policy.calls().at(kIoctl).grants[0].origin.line, 13);
  const auto together =
      *by_number(ioctls({command_below(10), command_from(10)}), PartialCalls::kRefuse);
  EXPECT_EQ(together.policy.calls().at(kIoctl).grants.size(), 2U);
}

TEST(ByNumber, WhatIsNeverTrueIsNotRelaxed) {
  const Expression never = Expression::all_of({command_is(1), command_is(2)});
  const auto alone = *by_number(ioctls({never}), PartialCalls::kRelax);
  EXPECT_TRUE(alone.policy.empty());
  EXPECT_TRUE(alone.changed.empty());
  const auto beside = *by_number(ioctls({never, command_is(3)}), PartialCalls::kRelax);
  ASSERT_EQ(beside.changed.size(), 1U);
  EXPECT_EQ(beside.changed[0].grant.origin.line, 13);
}

TEST(ByNumber, TheRulesOfAnIntersectionAreAllNamed) {
  const Policy both = *intersection(ioctls({command_below(10)}), ioctls({command_from(5)}));
  EXPECT_THAT(refusal_of(both), HasSubstr("ioctl (x.profile:12 with x.profile:12)"));
}

TEST(ByNumber, TooLargeToDecideIsAnError) {
  RandomPolicies random{test_seed()};
  std::vector<Expression> terms;
  for (uint64_t i = 0; i < 3000; ++i) {
    const auto field = [](int argument, uint64_t mask, uint64_t value) {
      return Expression::compare({argument, 64, false, mask}, Comparator::kEqual, value & mask);
    };
    const uint64_t mask = random.below(UINT64_MAX);
    terms.push_back(Expression::all_of({field(0, mask, random.below(UINT64_MAX)),
                                        field(1, ~mask, random.below(UINT64_MAX)),
                                        field(2, mask, random.below(UINT64_MAX))}));
    terms.back() = Expression::negation(terms.back());
  }
  const auto result = by_number(ioctls({Expression::all_of(terms)}), PartialCalls::kRelax);
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().message, HasSubstr("too large to find out"));
}

TEST(ByNumberLaws, HoldForRandomPolicies) {
  RandomPolicies random{test_seed()};
  int changed = 0;
  for (int round = 0; round < 300 && !::testing::Test::HasFailure(); ++round) {
    SCOPED_TRACE(::testing::Message() << "round " << round);
    const Policy policy = random.policy();
    const auto relaxed = *by_number(policy, PartialCalls::kRelax);
    const auto tightened = *by_number(policy, PartialCalls::kTighten);
    EXPECT_TRUE(looks_at_no_argument(relaxed.policy));
    EXPECT_TRUE(looks_at_no_argument(tightened.policy));
    EXPECT_FALSE(granted_only_by(policy, relaxed.policy)->has_value());
    EXPECT_FALSE(granted_only_by(tightened.policy, policy)->has_value());
    EXPECT_EQ(relaxed.changed.size(), tightened.changed.size());
    const bool same = relaxed.changed.empty();
    changed += same ? 0 : 1;
    EXPECT_EQ(by_number(policy, PartialCalls::kRefuse).ok(), same);
    EXPECT_EQ(*equal(policy, relaxed.policy), same);
    EXPECT_EQ(*equal(policy, tightened.policy), same);
  }
  EXPECT_GT(changed, 100);
}

// The least that grants it and the most that it grants: a call with one granted argument is
// granted, a call with one denied argument is not.
TEST(ByNumberLaws, NoCallIsRelaxedOrTightenedFurtherThanNeeded) {
  RandomPolicies random{test_seed()};
  for (int round = 0; round < 300 && !::testing::Test::HasFailure(); ++round) {
    const Policy policy = random.policy();
    const Policy relaxed = by_number(policy, PartialCalls::kRelax)->policy;
    const Policy tightened = by_number(policy, PartialCalls::kTighten)->policy;
    for (const int number : kSomeCalls) {
      Policy whole(kX86);
      whole.grant(number, {Expression::always(), at(1)});
      const Call call = {audit_architecture(kX86), number};
      EXPECT_EQ(grants(relaxed, call), granted_by_both(policy, whole)->has_value());
      EXPECT_EQ(grants(tightened, call), !granted_only_by(whole, policy)->has_value());
    }
  }
}

TEST(ByNumberLaws, ASecondTimeChangesNothing) {
  RandomPolicies random{test_seed()};
  for (int round = 0; round < 100; ++round) {
    for (const PartialCalls partial : {PartialCalls::kRelax, PartialCalls::kTighten}) {
      const Policy once = by_number(random.policy(), partial)->policy;
      const auto again = by_number(once, PartialCalls::kRefuse);
      ASSERT_TRUE(again.ok());
      EXPECT_TRUE(*equal(again->policy, once));
    }
  }
}

}  // namespace
}  // namespace qsbx
