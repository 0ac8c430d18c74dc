// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The laws of stacked programs, each held against the evaluator, call by call.
#include "src/policy/program_stack.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "src/bpf/program.h"
#include "src/policy/algebra.h"
#include "tests/policy/random_policy.h"

namespace qsbx {
namespace {

constexpr int kRounds = 60;
constexpr int kCalls = 300;
constexpr int kRead = 0;

// As seccomp(2) lists them, "in decreasing order of precedence".
constexpr std::array<uint32_t, 8> kByPrecedence = {
    SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP, SECCOMP_RET_ERRNO,
    SECCOMP_RET_USER_NOTIF,   SECCOMP_RET_TRACE,       SECCOMP_RET_LOG,  SECCOMP_RET_ALLOW};

size_t place_of(uint32_t action) {
  const auto found = std::ranges::find(kByPrecedence, action & SECCOMP_RET_ACTION_FULL);
  return static_cast<size_t>(found - kByPrecedence.begin());
}

TEST(StricterAction, IsThatOfThePrecedenceInTheManual) {
  for (const uint32_t newer : kByPrecedence) {
    for (const uint32_t older : kByPrecedence) {
      const uint32_t expected = place_of(older) < place_of(newer) ? older : newer;
      EXPECT_EQ(stricter_action(newer, older), expected);
    }
  }
}

TEST(StricterAction, OfTwoAlikeIsTheNewerOne) {
  EXPECT_EQ(stricter_action(SECCOMP_RET_ERRNO | 1, SECCOMP_RET_ERRNO | 2), SECCOMP_RET_ERRNO | 1);
  EXPECT_EQ(stricter_action(SECCOMP_RET_ERRNO | 2, SECCOMP_RET_ERRNO | 1), SECCOMP_RET_ERRNO | 2);
}

// A policy, and what it answers where it does not grant.
struct Level {
  Policy policy;
  Actions actions;

  uint32_t action(const Call& call) const { return action_of(policy, actions, call); }
};

class StackLaws : public ::testing::Test {
 protected:
  Level level() {
    const uint32_t deny = random_.one_of(kByPrecedence) | (random_.one_in(3) ? 1 : 0);
    return {random_.policy(),
            {.deny = deny,
             .refusals_allow = random_.one_in(4),
             .foreign = random_.one_of(kByPrecedence)}};
  }

  std::vector<Level> levels() {
    std::vector<Level> levels;
    for (uint64_t i = random_.below(4) + 1; i-- > 0;) levels.push_back(level());
    return levels;
  }

  static ProgramStack stacked(const std::vector<Level>& levels) {
    ProgramStack stack(Architecture::kX86_64);
    for (const Level& level : levels) {
      stack.add(diagram_of(stack.diagrams(), level.policy, level.actions));
    }
    return stack;
  }

  // The kernel's loop: from the newest to the oldest, and only the stricter one counts.
  static uint32_t as_the_kernel(const std::vector<Level>& levels, const Call& call) {
    uint32_t result = levels.back().action(call);
    for (size_t i = levels.size() - 1; i-- > 0;) {
      const uint32_t action = levels[i].action(call);
      if (place_of(action) < place_of(result)) result = action;
    }
    return result;
  }

  template <typename Law>
  void for_random_stacks(const Law& law) {
    for (int round = 0; round < kRounds && !HasFailure(); ++round) {
      SCOPED_TRACE(::testing::Message() << "round " << round);
      const std::vector<Level> stack = levels();
      law(stack);
    }
  }

  RandomPolicies random_{test_seed()};
};

TEST_F(StackLaws, TheStrictestAnswerIsTheKernels) {
  size_t by_an_older_one = 0;
  for_random_stacks([&](const std::vector<Level>& levels) {
    ProgramStack stack = stacked(levels);
    ASSERT_TRUE(stack.check_size().ok());
    for (int i = 0; i < kCalls; ++i) {
      const Call call = random_.call();
      const uint32_t action = as_the_kernel(levels, call);
      ASSERT_EQ(stack.diagrams().evaluate(stack.effective(), to_seccomp_data(call)), action);
      if (action != levels.back().action(call)) ++by_an_older_one;
    }
  });
  EXPECT_GT(by_an_older_one, kRounds * kCalls / 20u);
}

TEST_F(StackLaws, AnswersAreAllThereAreAndHaveTrueExamples) {
  for_random_stacks([&](const std::vector<Level>& levels) {
    ProgramStack stack = stacked(levels);
    for (const int number : kSomeCalls) {
      const std::vector<StackAnswer> answers = stack.answers(number);
      for (const StackAnswer& answer : answers) {
        EXPECT_EQ(answer.example.number, number);
        EXPECT_EQ(as_the_kernel(levels, answer.example), answer.action);
        EXPECT_EQ(levels[answer.program].action(answer.example), answer.action);
      }
      for (int i = 0; i < kCalls; ++i) {
        Call call = random_.call();
        call.audit_arch = audit_architecture(Architecture::kX86_64);
        call.number = number;
        const uint32_t action = as_the_kernel(levels, call);
        EXPECT_EQ(std::ranges::count(answers, action, &StackAnswer::action), 1);
      }
    }
  });
}

TEST_F(StackLaws, AGrantIsUselessWhereEarlierProgramsDeny) {
  size_t wholly = 0;
  size_t partly = 0;
  for_random_stacks([&](const std::vector<Level>& levels) {
    ProgramStack stack = stacked(levels);
    for (size_t i = 0; i < levels.size(); ++i) {
      const std::vector<Level> below(levels.begin(), levels.begin() + static_cast<long>(i));
      const Policy& policy = levels[i].policy;
      const std::vector<UselessGrant> useless = stack.useless_grants(i, policy);
      EXPECT_TRUE(i > 0 || useless.empty());
      for (const UselessGrant& one : useless) {
        const Call& example = one.instead.example;
        EXPECT_TRUE(holds(one.grant->condition, example.arguments));
        EXPECT_FALSE(lets_run(as_the_kernel(below, example)));
        EXPECT_EQ(one.instead.action, as_the_kernel(below, example));
        EXPECT_LT(one.instead.program, i);
        ++(one.all ? wholly : partly);
      }
      for (int c = 0; i > 0 && c < kCalls; ++c) {
        const Call call = random_.call();
        if (is_foreign(Architecture::kX86_64, call)) continue;
        const auto entry = policy.calls().find(call.number);
        if (entry == policy.calls().end()) continue;
        for (const Grant& grant : entry->second.grants) {
          if (!holds(grant.condition, call.arguments)) continue;
          const auto said = std::ranges::find(useless, &grant, &UselessGrant::grant);
          const bool runs = lets_run(as_the_kernel(below, call));
          EXPECT_TRUE(runs || said != useless.end());
          EXPECT_FALSE(runs && said != useless.end() && said->all);
        }
      }
    }
  });
  EXPECT_GT(wholly, 10u);
  EXPECT_GT(partly, 10u);
}

// What diff and lockdown ask, policy against policy, and the stack have to agree.
TEST_F(StackLaws, NoGrantIsUselessExactlyWhereThePolicyNarrows) {
  const Actions actions = actions_for(Mode::kEnforce);
  int narrower = 0;
  for (int round = 0; round < kRounds; ++round) {
    const Policy below = random_.policy();
    const Policy other = random_.policy();
    const Policy above = round % 2 == 0 ? other : *intersection(below, other);
    ProgramStack stack(Architecture::kX86_64);
    stack.add(diagram_of(stack.diagrams(), below, actions));
    stack.add(diagram_of(stack.diagrams(), above, actions));
    const bool narrows = !granted_only_by(above, below)->has_value();
    narrower += narrows;
    EXPECT_EQ(stack.useless_grants(1, above).empty(), narrows);
    EXPECT_EQ(stack.useless_grants(1).empty(), narrows);
  }
  EXPECT_GE(narrower, kRounds / 2);
  EXPECT_LT(narrower, kRounds);
}

TEST(ProgramStack, OfNoProgramLetsEverythingRun) {
  ProgramStack stack(Architecture::kX86_64);
  for (const auto& answers : {stack.answers(kRead), stack.answers_to_unknown_numbers(),
                              stack.answers_to_foreign_calls()}) {
    ASSERT_EQ(answers.size(), 1u);
    EXPECT_EQ(answers.front().action, SECCOMP_RET_ALLOW);
  }
}

TEST(ProgramStack, KnowsForeignCallsAndNumbersOfNoCall) {
  ProgramStack stack(Architecture::kX86_64);
  const Actions actions = {SECCOMP_RET_ERRNO | 1, false, SECCOMP_RET_KILL_THREAD};
  stack.add(diagram_of(stack.diagrams(), Policy(Architecture::kX86_64), actions));
  const auto unknown = stack.answers_to_unknown_numbers();
  ASSERT_EQ(unknown.size(), 1u);
  EXPECT_EQ(unknown.front().action, SECCOMP_RET_ERRNO | 1);
  EXPECT_EQ(find_syscall(Architecture::kX86_64, unknown.front().example.number), nullptr);
  EXPECT_FALSE(is_foreign(Architecture::kX86_64, unknown.front().example));
  const auto foreign = stack.answers_to_foreign_calls();
  ASSERT_EQ(foreign.size(), 1u);
  EXPECT_EQ(foreign.front().action, SECCOMP_RET_KILL_THREAD);
  EXPECT_TRUE(is_foreign(Architecture::kX86_64, foreign.front().example));
}

TEST(ProgramStack, SaysWhenItIsTooLarge) {
  ProgramStack stack(Architecture::kX86_64);
  EXPECT_TRUE(stack.check_size().ok());
  DecisionDiagrams& diagrams = stack.diagrams();
  for (uint32_t i = 0; !diagrams.overflowed(); ++i) diagrams.terminal(i);
  const Status status = stack.check_size();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kPolicy);
  EXPECT_NE(status.error().message.find("too large to be held against each other"),
            std::string::npos);
}

}  // namespace
}  // namespace qsbx
