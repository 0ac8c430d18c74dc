// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/compile/settled_tests.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace qsbx {
namespace {

using Id = DecisionDag::Id;
using Node = DecisionDag::Node;

constexpr uint32_t kAllBits = 0xffffffff;
// Stand for all bits that no small constant has.
constexpr uint32_t kHighBit = 0x80000000;

std::vector<uint32_t> all_kinds_of_words() {
  std::vector<uint32_t> words;
  for (uint32_t low = 0; low < 8; low++) words.insert(words.end(), {low, low | kHighBit});
  return words;
}

// All tests of three bits, and those of the whole word with such constants. Each is given as a node
// between two actions.
std::vector<Node> small_tests() {
  std::vector<Node> tests;
  for (const uint32_t mask : {1u, 2u, 3u, 4u, 5u, 6u, 7u, kAllBits}) {
    for (const WordTest test : {WordTest::kEqual, WordTest::kGreaterEqual, WordTest::kIntersects}) {
      for (uint32_t constant = 0; constant < 8; constant++) {
        tests.push_back({.is_action = false,
                         .action = 0,
                         .word = {16, mask},
                         .test = test,
                         .constant = constant,
                         .yes = 1,
                         .no = 0});
      }
    }
  }
  return tests;
}

bool is_settled(const Node& later, const Node& earlier, bool outcome) {
  bool holds = false;
  bool fails = false;
  for (const uint32_t word : all_kinds_of_words()) {
    if (earlier.holds_for(word) != outcome) continue;
    (later.holds_for(word) ? holds : fails) = true;
  }
  return holds != fails;
}

uint32_t action_for(const DecisionDag& dag, Id id, uint32_t word) {
  while (!dag.node(id).is_action) {
    id = dag.node(id).holds_for(word) ? dag.node(id).yes : dag.node(id).no;
  }
  return dag.node(id).action;
}

// `earlier`, then `later` on both sides, with a different action at each of the four ends.
Id two_tests(DecisionDag& dag, const Node& earlier, const Node& later) {
  const auto test = [&](const Node& node, Id yes, Id no) {
    return dag.test(node.word, node.test, node.constant, yes, no);
  };
  return test(earlier, test(later, dag.action(1), dag.action(2)),
              test(later, dag.action(3), dag.action(4)));
}

TEST(SettledTests, AreThoseOfWhichOneOutcomeIsLeft) {
  int settled = 0;
  for (const Node& earlier : small_tests()) {
    for (const Node& later : small_tests()) {
      DecisionDag dag;
      const Id before = two_tests(dag, earlier, later);
      const Id after = without_settled_tests(dag, before);
      for (const uint32_t word : all_kinds_of_words()) {
        ASSERT_EQ(action_for(dag, after, word), action_for(dag, before, word));
      }
      for (const bool outcome : {true, false}) {
        const auto words = all_kinds_of_words();
        if (std::ranges::none_of(
                words, [&](uint32_t word) { return earlier.holds_for(word) == outcome; })) {
          continue;
        }
        const Id next = outcome ? dag.node(after).yes : dag.node(after).no;
        ASSERT_EQ(dag.node(next).is_action, is_settled(later, earlier, outcome));
        settled += dag.node(next).is_action ? 1 : 0;
      }
    }
  }
  EXPECT_GT(settled, 1000);
}

TEST(SettledTests, OtherWordsSettleNothing) {
  DecisionDag dag;
  const Id inner = dag.test({24, kAllBits}, WordTest::kEqual, 5, dag.action(1), dag.action(0));
  const Id outer = dag.test({16, kAllBits}, WordTest::kEqual, 5, inner, dag.action(2));
  EXPECT_EQ(without_settled_tests(dag, outer), outer);
}

}  // namespace
}  // namespace qsbx
