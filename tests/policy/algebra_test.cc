// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/policy/algebra.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/bpf/program.h"
#include "tests/policy/random_policy.h"

namespace qsbx {
namespace {

using Node = DecisionDiagrams::Node;

constexpr int kRead = 0;
constexpr int kClone3 = 435;

bool diagram_holds(const DecisionDiagrams& diagrams, Node node, const Arguments& arguments) {
  return diagrams.evaluate(
             node, to_seccomp_data({.audit_arch = 0, .number = 0, .arguments = arguments})) == 1;
}

std::vector<Operand> every_kind_of_operand() {
  std::vector<Operand> operands;
  for (uint8_t bits : {16, 32, 64}) {
    for (bool is_signed : {false, true}) operands.push_back({2, bits, is_signed, UINT64_MAX});
    for (uint64_t mask : kBoundaries) operands.push_back({2, bits, false, mask});
  }
  return operands;
}

// Register values: the boundaries and what lies next to `value`.
std::vector<uint64_t> interesting_registers(uint64_t value) {
  std::vector<uint64_t> registers(std::begin(kBoundaries), std::end(kBoundaries));
  for (uint64_t near : {value - 1, value, value + 1}) {
    registers.push_back(near);
    registers.push_back(near | 0xabcd00000000);
    registers.push_back(near & UINT32_MAX);
  }
  return registers;
}

void expect_same_meaning(DecisionDiagrams& diagrams, const Expression& expression, uint64_t value) {
  const Node node = diagram_of(diagrams, expression);
  for (uint64_t content : interesting_registers(value)) {
    const Arguments arguments = {7, ~content, content, 0, 0, 0};
    ASSERT_EQ(diagram_holds(diagrams, node, arguments), holds(expression, arguments)) << content;
  }
}

TEST(Algebra, EveryComparisonMeansWhatTheEvaluatorSays) {
  DecisionDiagrams diagrams;
  for (const Operand& operand : every_kind_of_operand()) {
    for (Comparator comparator : kComparators) {
      for (uint64_t value : kBoundaries) {
        SCOPED_TRACE(::testing::Message()
                     << int{operand.bits} << " bits, signed " << operand.is_signed << ", mask "
                     << operand.mask << ", comparator " << static_cast<int>(comparator)
                     << ", value " << value);
        expect_same_meaning(diagrams, Expression::compare(operand, comparator, value), value);
      }
    }
  }
  EXPECT_FALSE(diagrams.overflowed());
}

TEST(Algebra, EveryRangeMeansWhatTheEvaluatorSays) {
  DecisionDiagrams diagrams;
  for (const Operand& operand : every_kind_of_operand()) {
    for (uint64_t first : kBoundaries) {
      for (uint64_t last : kBoundaries) {
        const bool upside_down = operand.is_signed
                                     ? static_cast<int64_t>(first) > static_cast<int64_t>(last)
                                     : first > last;
        if (upside_down) continue;
        SCOPED_TRACE(::testing::Message()
                     << int{operand.bits} << " bits, signed " << operand.is_signed << ", mask "
                     << operand.mask << ", " << first << ".." << last);
        expect_same_meaning(diagrams, Expression::in(operand, {{first, last}}), first);
      }
    }
  }
  EXPECT_FALSE(diagrams.overflowed());
}

TEST(Algebra, CombinationsMeanWhatTheEvaluatorSays) {
  RandomPolicies random(test_seed());
  for (int round = 0; round < 300; ++round) {
    DecisionDiagrams diagrams;
    const Expression expression = random.expression(3);
    const Node node = diagram_of(diagrams, expression);
    ASSERT_FALSE(diagrams.overflowed());
    for (int i = 0; i < 300; ++i) {
      const Arguments arguments = random.call().arguments;
      ASSERT_EQ(diagram_holds(diagrams, node, arguments), holds(expression, arguments));
    }
  }
}

TEST(Algebra, ConstantsAndEmptyCombinations) {
  DecisionDiagrams diagrams;
  EXPECT_EQ(diagram_of(diagrams, Expression::always()), diagrams.truth());
  EXPECT_EQ(diagram_of(diagrams, Expression::never()), diagrams.falsehood());
  EXPECT_EQ(diagram_of(diagrams, Expression::all_of({})), diagrams.truth());
  EXPECT_EQ(diagram_of(diagrams, Expression::any_of({})), diagrams.falsehood());
  EXPECT_EQ(diagram_of(diagrams, Expression::in({0, 64, false, UINT64_MAX}, {})),
            diagrams.falsehood());
}

TEST(Algebra, OrderedComparisonOf64BitsIsLinear) {
  for (bool is_signed : {false, true}) {
    DecisionDiagrams diagrams;
    diagram_of(diagrams, Expression::compare({0, 64, is_signed, UINT64_MAX}, Comparator::kLess,
                                             0x123456789abcdef0));
    EXPECT_LE(diagrams.size(), 2U + 64 + 64);
  }
}

TEST(Algebra, PolicyHasTheEvaluatorsActionForEveryCall) {
  RandomPolicies random(test_seed());
  for (int round = 0; round < 60; ++round) {
    const Policy policy = random.policy();
    for (Mode mode : {Mode::kEnforce, Mode::kErrno, Mode::kAudit}) {
      const Actions actions = actions_for(mode);
      DecisionDiagrams diagrams;
      const Node node = diagram_of(diagrams, policy, actions);
      for (int i = 0; i < 500; ++i) {
        const Call call = random.call();
        ASSERT_EQ(diagrams.evaluate(node, to_seccomp_data(call)), action_of(policy, actions, call))
            << call.number;
      }
    }
  }
}

TEST(Algebra, ForeignCallsGetTheirOwnAction) {
  Policy policy(Architecture::kX86_64);
  policy.grant(kRead, {Expression::always(), {}});
  const Actions actions = {.deny = 5, .refusals_allow = false, .foreign = 6};
  DecisionDiagrams diagrams;
  const Node node = diagram_of(diagrams, policy, actions);
  const uint32_t native = audit_architecture(Architecture::kX86_64);
  const auto answer = [&](uint32_t audit_arch, uint32_t number) {
    return diagrams.evaluate(node, to_seccomp_data({audit_arch, static_cast<int>(number), {}}));
  };
  EXPECT_EQ(answer(native, kRead), SECCOMP_RET_ALLOW);
  EXPECT_EQ(answer(native, kRead + 1), 5U);
  EXPECT_EQ(answer(native, kX32Bit - 1), 5U);
  EXPECT_EQ(answer(native, kX32Bit), 6U);
  EXPECT_EQ(answer(native, 0xffffffff), 6U);
  EXPECT_EQ(answer(native ^ 1, kRead), 6U);
  EXPECT_EQ(answer(native & ~0x80000000U, kRead), 6U);
}

TEST(Algebra, CallsSurviveTheKernelsForm) {
  RandomPolicies random(test_seed());
  for (int i = 0; i < 100; ++i) {
    const Call call = random.call();
    const Call back = to_call(to_seccomp_data(call));
    EXPECT_EQ(back.number, call.number);
    EXPECT_EQ(back.audit_arch, call.audit_arch);
    EXPECT_EQ(back.arguments, call.arguments);
  }
}

// The answer of granted_only_by(), held against the evaluator.
bool is_within(RandomPolicies& random, const Policy& narrow, const Policy& wide) {
  const auto witness = granted_only_by(narrow, wide);
  EXPECT_TRUE(witness.ok());
  if (*witness) {
    EXPECT_TRUE(grants(narrow, **witness));
    EXPECT_FALSE(grants(wide, **witness));
    return false;
  }
  for (int i = 0; i < 300; ++i) {
    const Call call = random.call();
    EXPECT_TRUE(!grants(narrow, call) || grants(wide, call));
  }
  return true;
}

bool grant_the_same(RandomPolicies& random, const Policy& a, const Policy& b) {
  return is_within(random, a, b) && is_within(random, b, a);
}

TEST(Algebra, UnionAndSubsetObeyTheirLaws) {
  RandomPolicies random(test_seed());
  int within = 0;
  for (int round = 0; round < 150; ++round) {
    const Policy a = random.policy();
    const Policy b = random.policy();
    const Policy c = random.policy();
    const Policy a_or_b = *join(a, b);
    EXPECT_TRUE(is_within(random, a, a));
    EXPECT_TRUE(is_within(random, a, a_or_b));
    EXPECT_TRUE(is_within(random, b, a_or_b));
    EXPECT_TRUE(is_within(random, Policy(Architecture::kX86_64), a));
    EXPECT_TRUE(grant_the_same(random, a_or_b, *join(b, a)));
    EXPECT_TRUE(grant_the_same(random, *join(a_or_b, c), *join(a, *join(b, c))));
    EXPECT_TRUE(grant_the_same(random, *join(a, a), a));
    EXPECT_TRUE(*equal(*join(a, a), a));
    EXPECT_TRUE(*equal(a_or_b, *join(b, a)));
    EXPECT_EQ(is_within(random, a, b), grant_the_same(random, a_or_b, b));
    within += is_within(random, a, b) ? 1 : 0;
  }
  EXPECT_LT(within, 150);
}

Policy grants_read_when(const Expression& condition) {
  Policy policy(Architecture::kX86_64);
  policy.grant(kRead, {condition, {"p", "p.profile", 1}});
  return policy;
}

TEST(Algebra, WitnessOfTheSmallestDifference) {
  const Operand count = {2, 64, false, UINT64_MAX};
  const Policy wide = grants_read_when(Expression::compare(count, Comparator::kLess, 0x100000000));
  const Policy wider =
      grants_read_when(Expression::compare(count, Comparator::kLessEqual, 0x100000000));
  const auto witness = granted_only_by(wider, wide);
  ASSERT_TRUE(witness.ok());
  ASSERT_TRUE(witness->has_value());
  EXPECT_EQ((**witness).number, kRead);
  EXPECT_EQ((**witness).arguments[2], 0x100000000U);
  EXPECT_FALSE(granted_only_by(wide, wider)->has_value());
  EXPECT_FALSE(*equal(wide, wider));
}

TEST(Algebra, AFailureIsNoGrantButADecisionOfItsOwn) {
  Policy refuses(Architecture::kX86_64);
  ASSERT_TRUE(refuses.refuse(kClone3, {38, {}}).ok());
  Policy refuses_otherwise(Architecture::kX86_64);
  ASSERT_TRUE(refuses_otherwise.refuse(kClone3, {1, {}}).ok());
  const Policy denies(Architecture::kX86_64);
  EXPECT_FALSE(granted_only_by(refuses, denies)->has_value());
  EXPECT_FALSE(*equal(refuses, denies));
  EXPECT_FALSE(*equal(refuses, refuses_otherwise));
  EXPECT_TRUE(*equal(refuses, refuses));
}

TEST(Algebra, OtherArchitectureIsAnError) {
  const Policy x86(Architecture::kX86_64);
  const Policy arm(Architecture::kAarch64);
  EXPECT_FALSE(granted_only_by(x86, arm).ok());
  EXPECT_FALSE(equal(x86, arm).ok());
  EXPECT_THAT(equal(x86, arm).error().message, ::testing::HasSubstr("x86_64 and aarch64"));
}

// Pairs of bits of two arguments: no order of the variables that keeps arguments together is small.
Expression exploding() {
  std::vector<Expression> pairs;
  for (int i = 0; i < 32; ++i) {
    const uint64_t bit = uint64_t{1} << i;
    pairs.push_back(
        Expression::all_of({Expression::compare({0, 32, false, bit}, Comparator::kEqual, bit),
                            Expression::compare({3, 32, false, bit}, Comparator::kEqual, bit)}));
  }
  return Expression::any_of(pairs);
}

TEST(Algebra, TooLargeIsAnErrorAndNoAnswer) {
  const Policy large = grants_read_when(exploding());
  EXPECT_FALSE(granted_only_by(large, large).ok());
  EXPECT_FALSE(equal(large, large).ok());
  EXPECT_THAT(equal(large, large).error().message, ::testing::HasSubstr("too large"));
}

}  // namespace
}  // namespace qsbx
