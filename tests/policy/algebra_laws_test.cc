// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The laws of sets, on policies made at random, each answer held against the evaluator.
#include <gtest/gtest.h>

#include "src/bpf/program.h"
#include "src/policy/algebra.h"
#include "tests/policy/random_policy.h"

namespace qsbx {
namespace {

constexpr int kRounds = 150;
constexpr int kCalls = 200;
constexpr int kRead = 0;
constexpr int kIoctl = 16;

const Policy& nothing() {
  static const Policy policy(Architecture::kX86_64);
  return policy;
}

Policy both(const Policy& a, const Policy& b) { return *intersection(a, b); }
Policy without(const Policy& a, const Policy& b) { return *difference(a, b); }
Policy either(const Policy& a, const Policy& b) { return *join(a, b); }

bool grant_the_same(const Policy& a, const Policy& b) {
  return !granted_only_by(a, b)->has_value() && !granted_only_by(b, a)->has_value();
}

class AlgebraLaws : public ::testing::Test {
 protected:
  // Three policies for each round.
  template <typename Law>
  void for_random_policies(const Law& law) {
    for (int round = 0; round < kRounds && !HasFailure(); ++round) {
      SCOPED_TRACE(::testing::Message() << "round " << round);
      const Policy a = random_.policy();
      const Policy b = random_.policy();
      const Policy c = random_.policy();
      law(a, b, c);
    }
  }

  // For the random calls, and the witness when there is one.
  template <typename Check>
  void for_calls(const std::optional<Call>& witness, const Check& check) {
    if (witness) check(*witness);
    for (int i = 0; i < kCalls && !HasFailure(); ++i) check(random_.call());
  }

  RandomPolicies random_{test_seed()};
};

TEST_F(AlgebraLaws, OperationsMeanWhatTheEvaluatorSays) {
  for_random_policies([&](const Policy& a, const Policy& b, const Policy&) {
    const Policy a_or_b = either(a, b);
    const Policy a_and_b = both(a, b);
    const Policy a_not_b = without(a, b);
    for_calls(*granted_by_both(a, b), [&](const Call& call) {
      EXPECT_EQ(grants(a_or_b, call), grants(a, call) || grants(b, call));
      EXPECT_EQ(grants(a_and_b, call), grants(a, call) && grants(b, call));
      EXPECT_EQ(grants(a_not_b, call), grants(a, call) && !grants(b, call));
    });
  });
}

TEST_F(AlgebraLaws, Associative) {
  for_random_policies([&](const Policy& a, const Policy& b, const Policy& c) {
    EXPECT_TRUE(*equal(either(either(a, b), c), either(a, either(b, c))));
    EXPECT_TRUE(*equal(both(both(a, b), c), both(a, both(b, c))));
  });
}

TEST_F(AlgebraLaws, CommutativeAndIdempotent) {
  for_random_policies([&](const Policy& a, const Policy& b, const Policy&) {
    EXPECT_TRUE(*equal(either(a, b), either(b, a)));
    EXPECT_TRUE(*equal(both(a, b), both(b, a)));
    EXPECT_TRUE(*equal(either(a, a), a));
    EXPECT_TRUE(*equal(both(a, a), a));
  });
}

TEST_F(AlgebraLaws, Absorbing) {
  for_random_policies([&](const Policy& a, const Policy& b, const Policy&) {
    EXPECT_TRUE(*equal(either(a, both(a, b)), a));
    EXPECT_TRUE(*equal(both(a, either(a, b)), a));
  });
}

TEST_F(AlgebraLaws, Distributive) {
  for_random_policies([&](const Policy& a, const Policy& b, const Policy& c) {
    EXPECT_TRUE(grant_the_same(both(a, either(b, c)), either(both(a, b), both(a, c))));
    EXPECT_TRUE(grant_the_same(either(a, both(b, c)), both(either(a, b), either(a, c))));
  });
}

TEST_F(AlgebraLaws, DifferenceIntersectionAndSubset) {
  for_random_policies([&](const Policy& a, const Policy& b, const Policy& c) {
    EXPECT_TRUE(grant_the_same(either(without(a, b), both(a, b)), a));
    EXPECT_TRUE(grant_the_same(without(a, without(a, b)), both(a, b)));
    EXPECT_TRUE(grant_the_same(without(a, either(b, c)), both(without(a, b), without(a, c))));
    EXPECT_TRUE(grant_the_same(without(a, both(b, c)), either(without(a, b), without(a, c))));
    EXPECT_FALSE(granted_by_both(without(a, b), b)->has_value());
    EXPECT_TRUE(without(a, a).empty());
    EXPECT_TRUE(both(a, nothing()).empty());
    EXPECT_TRUE(grant_the_same(without(a, nothing()), a));
    EXPECT_EQ(granted_only_by(a, b)->has_value(), !without(a, b).empty());
    EXPECT_EQ(granted_by_both(a, b)->has_value(), !both(a, b).empty());
    EXPECT_EQ(granted_only_by(a, b)->has_value(), !grant_the_same(both(a, b), a));
  });
}

TEST_F(AlgebraLaws, WitnessesAreWhatTheyAreSaidToBe) {
  int differing = 0;
  for_random_policies([&](const Policy& a, const Policy& b, const Policy&) {
    const auto any = *granted_call(a);
    const auto in_both = *granted_by_both(a, b);
    const auto only_a = *granted_only_by(a, b);
    const auto different = *decided_differently(a, b);
    EXPECT_FALSE(any && a.empty());
    EXPECT_TRUE(!any || (grants(a, *any)));
    EXPECT_TRUE(!in_both || (grants(a, *in_both) && grants(b, *in_both)));
    EXPECT_TRUE(!only_a || (grants(a, *only_a) && !grants(b, *only_a)));
    if (different) {
      const Actions actions = actions_for(Mode::kEnforce);
      EXPECT_NE(action_of(a, actions, *different), action_of(b, actions, *different));
      ++differing;
    }
    for_calls({}, [&](const Call& call) {
      EXPECT_TRUE(any || !grants(a, call));
      EXPECT_TRUE(in_both || !(grants(a, call) && grants(b, call)));
      EXPECT_TRUE(only_a || !grants(a, call) || grants(b, call));
    });
  });
  EXPECT_GT(differing, kRounds / 2);
}

TEST_F(AlgebraLaws, ARedundantGrantCanGo) {
  size_t redundant_ones = 0;
  for_random_policies([&](const Policy& a, const Policy& b, const Policy&) {
    const Policy policy = either(a, b);
    const std::set<const Grant*> redundant = *redundant_grants(policy);
    redundant_ones += redundant.size();
    for (const auto& [number, call] : policy.calls()) {
      for (const Grant& left_out : call.grants) {
        Policy rest(policy.architecture());
        for (const Grant& grant : call.grants) {
          if (&grant != &left_out) rest.grant(number, grant);
        }
        Policy whole(policy.architecture());
        for (const Grant& grant : call.grants) whole.grant(number, grant);
        EXPECT_EQ(redundant.contains(&left_out), grant_the_same(rest, whole));
      }
    }
  });
  EXPECT_GT(redundant_ones, 0U);
}

// What the kernel does with two programs: the stricter answer.
TEST_F(AlgebraLaws, IntersectionIsTheStackOrStricter) {
  const auto rank = [](const Decision& decision) {
    return decision.verdict == Verdict::kAllow ? 2 : decision.verdict == Verdict::kErrno ? 1 : 0;
  };
  for_random_policies([&](const Policy& a, const Policy& b, const Policy&) {
    const Policy a_and_b = both(a, b);
    for_calls(*decided_differently(a, b), [&](const Call& call) {
      const int stack = std::min(rank(evaluate(a, call)), rank(evaluate(b, call)));
      const int here = rank(evaluate(a_and_b, call));
      EXPECT_LE(here, stack);
      EXPECT_EQ(here == 2, stack == 2);
    });
  });
}

Expression command_below(uint64_t limit) {
  return Expression::compare({1, 32, false, UINT64_MAX}, Comparator::kLess, limit);
}

Policy ioctl_policy(const Expression& condition, int line) {
  Policy policy(Architecture::kX86_64);
  policy.grant(kIoctl, {condition, {"p", "p.profile", line}});
  return policy;
}

TEST(AlgebraProvenance, AnIntersectionNamesTheRulesOfBoth) {
  const Policy common =
      both(both(ioctl_policy(command_below(20), 1), ioctl_policy(command_below(10), 2)),
           ioctl_policy(Expression::always(), 3));
  const Grant& grant = common.calls().at(kIoctl).grants.at(0);
  EXPECT_EQ(grant.origin.line, 1);
  ASSERT_EQ(grant.also.size(), 2U);
  EXPECT_EQ(grant.also[0].line, 2);
  EXPECT_EQ(grant.also[1].line, 3);
}

std::string ioctl_text(const Policy& policy) {
  return policy.calls().at(kIoctl).grants.at(0).condition.to_string(
      *find_syscall(Architecture::kX86_64, kIoctl), Architecture::kX86_64);
}

TEST(AlgebraProvenance, ConditionsStayAsShortAsTheyCan) {
  const Policy below_10 = ioctl_policy(command_below(10), 1);
  const Policy below_20 = ioctl_policy(command_below(20), 2);
  EXPECT_EQ(ioctl_text(both(below_20, below_10)), ioctl_text(below_10));
  EXPECT_EQ(ioctl_text(both(below_10, below_20)), ioctl_text(below_10));
  EXPECT_EQ(ioctl_text(without(below_20, below_10)), "cmd < 0x14 && !(cmd < 0xa)");
  Policy other(Architecture::kX86_64);
  other.grant(kRead, {Expression::always(), {}});
  EXPECT_EQ(ioctl_text(without(below_20, other)), ioctl_text(below_20));
}

Policy refusing(const Expression& condition, int error, bool reported = false) {
  Policy policy = ioctl_policy(condition, 1);
  EXPECT_TRUE(policy.refuse(kIoctl, {error, {"p", "p.profile", 2}, reported}).ok());
  return policy;
}

Decision of_large_command(const Policy& policy) {
  return evaluate(policy,
                  {audit_architecture(Architecture::kX86_64), kIoctl, {0, UINT32_MAX, 0, 0, 0, 0}});
}

TEST(AlgebraRefusals, OfAnIntersection) {
  const Policy refuses = refusing(command_below(10), 38);
  EXPECT_EQ(of_large_command(both(refuses, refuses)).error, 38);
  EXPECT_EQ(of_large_command(both(refuses, refusing(command_below(5), 38))).error, 38);
  EXPECT_EQ(of_large_command(both(refuses, ioctl_policy(Expression::always(), 1))).error, 38);
  EXPECT_EQ(of_large_command(both(ioctl_policy(Expression::always(), 1), refuses)).error, 38);
  // Where one denies and where two errnos meet, a denial is the stricter answer.
  EXPECT_EQ(of_large_command(both(refuses, nothing())).verdict, Verdict::kDeny);
  EXPECT_EQ(of_large_command(both(refuses, ioctl_policy(command_below(10), 1))).verdict,
            Verdict::kDeny);
  EXPECT_EQ(of_large_command(both(refuses, refusing(command_below(10), 1))).verdict,
            Verdict::kDeny);
  EXPECT_TRUE(of_large_command(
                  both(refusing(command_below(10), 1, true), refusing(command_below(10), 1, true)))
                  .reported);
  EXPECT_FALSE(of_large_command(both(refusing(command_below(10), 1, true),
                                     refusing(command_below(10), 1, false)))
                   .reported);
}

TEST(AlgebraRefusals, OfUnionAndDifference) {
  const Policy refuses = refusing(command_below(10), 38);
  EXPECT_EQ(of_large_command(either(refuses, nothing())).error, 38);
  EXPECT_FALSE(join(refuses, refusing(command_below(10), 1)).ok());
  EXPECT_EQ(of_large_command(without(refuses, nothing())).verdict, Verdict::kDeny);
}

TEST(AlgebraRefusals, ThatDifferAreFoundWithACall) {
  const Policy refuses = refusing(command_below(10), 38);
  const auto calls = *refused_differently(refuses, ioctl_policy(command_below(20), 1));
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0].number, kIoctl);
  EXPECT_EQ(evaluate(refuses, calls[0]).error, 38);
  EXPECT_GE(calls[0].arguments[1], 20U);
  EXPECT_TRUE(refused_differently(refuses, refuses)->empty());
  EXPECT_TRUE(refused_differently(refuses, ioctl_policy(Expression::always(), 1))->empty());
  EXPECT_EQ(refused_differently(refuses, refusing(command_below(10), 38, true))->size(), 1U);
  EXPECT_EQ(refused_differently(refuses, refusing(command_below(10), 1))->size(), 1U);
}

TEST(AlgebraErrors, OtherArchitectures) {
  const Policy arm(Architecture::kAarch64);
  EXPECT_FALSE(intersection(nothing(), arm).ok());
  EXPECT_FALSE(difference(nothing(), arm).ok());
  EXPECT_FALSE(granted_by_both(nothing(), arm).ok());
  EXPECT_FALSE(decided_differently(nothing(), arm).ok());
  EXPECT_FALSE(refused_differently(nothing(), arm).ok());
}

}  // namespace
}  // namespace qsbx
