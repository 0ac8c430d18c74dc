// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/compile/lower.h"

#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "src/bpf/program.h"
#include "tests/support/random_policy.h"

namespace qsbx {
namespace {

using testing::Random;
using Id = DecisionDag::Id;
using Test = std::tuple<uint32_t, uint32_t, int, uint32_t>;

Test test_of(const DecisionDag::Node& node) {
  return {node.word.offset, node.word.mask, static_cast<int>(node.test), node.constant};
}

// For each node the tests that some path makes before it.
class TestsBefore {
 public:
  TestsBefore(const DecisionDag& dag, Id root) : dag_(dag), before_(root + 1) {
    for (Id id = root + 1; id-- > 0;) {
      const DecisionDag::Node& node = dag.node(id);
      if (node.is_action || (id != root && !reached_.contains(id))) continue;
      std::set<Test> after = before_[id];
      after.insert(test_of(node));
      for (const Id next : {node.yes, node.no}) {
        reached_.insert(next);
        before_[next].insert(after.begin(), after.end());
      }
    }
  }

  bool any_is_repeated() const {
    for (const Id id : reached_) {
      const DecisionDag::Node& node = dag_.node(id);
      if (!node.is_action && before_[id].contains(test_of(node))) return true;
    }
    return false;
  }

 private:
  const DecisionDag& dag_;
  std::vector<std::set<Test>> before_;
  std::set<Id> reached_;
};

// Masks that overlap included.
TEST(Lower, NoTestIsMadeTwiceOnAPath) {
  Random random(testing::test_seed());
  int conditions = 0;
  for (int round = 0; round < 6000; round++) {
    const Policy policy = testing::random_policy(random, Architecture::kX86_64, 2);
    for (const auto& [number, call] : policy.calls()) {
      DecisionDag dag;
      const Id yes = dag.action(1);
      const Id no = dag.action(0);
      const Id root = lower_condition(dag, call.condition(), yes, no, {});
      ASSERT_FALSE(TestsBefore(dag, root).any_is_repeated()) << "round " << round;
      conditions += dag.size() > 3 ? 1 : 0;
    }
  }
  EXPECT_GT(conditions, 1000);
}

int tests_of(const DecisionDag& dag, Id id, const Arguments& arguments) {
  int tests = 0;
  for (; !dag.node(id).is_action; tests++) {
    const DecisionDag::Node& node = dag.node(id);
    const uint64_t argument = arguments[(node.word.offset - kArgumentsOffset) / 8];
    const auto half = static_cast<uint32_t>(node.word.offset % 8 == 0 ? argument : argument >> 32);
    id = node.holds_for(half) ? node.yes : node.no;
  }
  return tests;
}

// Which field to ask first depends on what was seen.
TEST(Lower, SeenArgumentsAreDecidedFirst) {
  const Operand command = {1, 32, false, ~uint64_t{0}};
  const Operand flags = {2, 32, false, ~uint64_t{0}};
  std::vector<ValueRange> commands;
  for (uint64_t i = 0; i < 64; i++) commands.push_back({i * 10, i * 10});
  const Expression condition = Expression::any_of(
      {Expression::in(command, commands), Expression::compare(flags, Comparator::kEqual, 7)});
  const Arguments hot = {0, 470, 0};
  DecisionDag dag;
  const Id yes = dag.action(1);
  const Id root = lower_condition(dag, condition, yes, dag.action(0), {{&hot, 1e6}});
  EXPECT_EQ(tests_of(dag, root, hot), 1);
  const Arguments other_field = {0, 5, 7};
  const Id second = lower_condition(dag, condition, yes, dag.action(0), {{&other_field, 1e6}});
  EXPECT_EQ(tests_of(dag, second, other_field), 1);
}

// The low word of a 64-bit argument is looked at only where the high one does not decide.
TEST(Lower, SixtyFourBitsAreSplitNoMoreThanNeeded) {
  const Operand length = {1, 64, false, ~uint64_t{0}};
  DecisionDag dag;
  const Id yes = dag.action(1);
  const Id no = dag.action(0);
  const Expression small = Expression::compare(length, Comparator::kLess, uint64_t{1} << 32);
  const Id root = lower_condition(dag, small, yes, no, {});
  EXPECT_EQ(dag.node(root).word.offset, argument_offset(1, true));
  EXPECT_TRUE(dag.node(dag.node(root).yes).is_action);
  EXPECT_TRUE(dag.node(dag.node(root).no).is_action);
}

}  // namespace
}  // namespace qsbx
