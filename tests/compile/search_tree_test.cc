// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/compile/search_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/support/random_policy.h"

namespace qsbx {
namespace {

using testing::Random;

constexpr Word kWord = {16, 0xffffffff};

struct Walk {
  DecisionDag::Id target;
  int tests;
};

Walk walk(const DecisionDag& dag, DecisionDag::Id id, uint32_t value) {
  int tests = 0;
  while (!dag.node(id).is_action) {
    const DecisionDag::Node& node = dag.node(id);
    id = node.holds_for(value) ? node.yes : node.no;
    tests++;
  }
  return {id, tests};
}

// The number of tests of a tree in which nodes are not shared.
int size_of(const DecisionDag& dag, DecisionDag::Id id) {
  const DecisionDag::Node& node = dag.node(id);
  return node.is_action ? 0 : 1 + size_of(dag, node.yes) + size_of(dag, node.no);
}

double cost_of(const DecisionDag& dag, DecisionDag::Id root, const std::vector<Span>& spans,
               TestPrice price) {
  double cost = price * size_of(dag, root);
  for (const Span& span : spans) cost += span.weight * walk(dag, root, span.first).tests;
  return cost;
}

// The least cost of any tree of two-way comparisons, by trying them all. The bits of `left` are the
// spans that are still possible; every span but the last has one value.
class BruteForce {
 public:
  BruteForce(const std::vector<Span>& spans, TestPrice price) : spans_(spans), price_(price) {}

  double least(uint32_t left) {
    const auto known = least_.find(left);
    if (known != least_.end()) return known->second;
    if (goes_on_alike(left)) return 0;
    double best = 1e300;
    for (size_t i = 0; i < spans_.size(); i++) {
      const uint32_t below = left & ((1U << i) - 1);
      consider(best, left, below);
      if (i + 1 < spans_.size()) consider(best, left, left & 1U << i);
    }
    return least_[left] = best;
  }

 private:
  void consider(double& best, uint32_t left, uint32_t part) {
    if (part == 0 || part == left) return;
    best = std::min(best, weight(left) + price_ + least(part) + least(left & ~part));
  }

  double weight(uint32_t left) const {
    double sum = 0;
    for (size_t i = 0; i < spans_.size(); i++) sum += (left >> i & 1) ? spans_[i].weight : 0;
    return sum;
  }

  bool goes_on_alike(uint32_t left) const {
    const Span* first = nullptr;
    for (size_t i = 0; i < spans_.size(); i++) {
      if (!(left >> i & 1)) continue;
      if (first == nullptr) first = &spans_[i];
      if (spans_[i].target != first->target) return false;
    }
    return true;
  }

  const std::vector<Span>& spans_;
  TestPrice price_;
  std::map<uint32_t, double> least_;
};

// Neighbours differ, as after the joining of those that do not.
std::vector<Span> random_spans(Random& random, DecisionDag& dag, uint32_t count) {
  std::vector<Span> spans;
  DecisionDag::Id before = UINT32_MAX;
  for (uint32_t i = 0; i < count; i++) {
    DecisionDag::Id target = dag.action(static_cast<uint32_t>(random() % 3));
    if (target == before) target = dag.action(3);
    const double weight = random() % 4 == 0 ? static_cast<double>(random() % 100) : 1;
    spans.push_back({i, target, weight});
    before = target;
  }
  return spans;
}

TEST(SearchTree, EveryValueGoesWhereItsSpanSays) {
  Random random(testing::test_seed());
  for (int round = 0; round < 300; round++) {
    DecisionDag dag;
    std::vector<Span> spans = random_spans(random, dag, 1 + round % 150);
    uint32_t next = 0;
    for (Span& span : spans) {
      span.first = next;
      next += 1 + static_cast<uint32_t>(random() % 3);
    }
    const DecisionDag::Id root = search_tree(dag, kWord, spans, 1);
    for (size_t i = 0; i < spans.size(); i++) {
      const uint32_t last = i + 1 < spans.size() ? spans[i + 1].first - 1 : UINT32_MAX;
      EXPECT_EQ(walk(dag, root, spans[i].first).target, spans[i].target);
      EXPECT_EQ(walk(dag, root, last).target, spans[i].target);
    }
  }
}

struct Costs {
  double found = 0;
  double least = 0;
};

Costs costs_of(DecisionDag& dag, const std::vector<Span>& spans, TestPrice price) {
  const DecisionDag::Id root = search_tree(dag, kWord, spans, price);
  return {cost_of(dag, root, spans, price),
          BruteForce(spans, price).least((1U << spans.size()) - 1)};
}

TEST(SearchTree, NoTreeIsCheaperWhereAllGoOnDifferently) {
  Random random(testing::test_seed());
  for (int round = 0; round < 200; round++) {
    DecisionDag dag;
    std::vector<Span> spans = random_spans(random, dag, 2 + round % 6);
    for (uint32_t i = 0; i < spans.size(); i++) spans[i].target = dag.action(100 + i);
    const Costs costs = costs_of(dag, spans, static_cast<double>(1 + random() % 8));
    ASSERT_DOUBLE_EQ(costs.found, costs.least) << "round " << round;
  }
}

TEST(SearchTree, HardlyATreeIsCheaperWhereSomeGoOnAlike) {
  Random random(testing::test_seed());
  Costs sum;
  for (int round = 0; round < 300; round++) {
    DecisionDag dag;
    const std::vector<Span> spans = random_spans(random, dag, 2 + round % 6);
    const Costs costs = costs_of(dag, spans, static_cast<double>(1 + random() % 8));
    ASSERT_GE(costs.found, costs.least - 1e-6);
    EXPECT_LE(costs.found, 1.2 * costs.least) << "round " << round;
    sum.found += costs.found;
    sum.least += costs.least;
  }
  EXPECT_LE(sum.found, 1.01 * sum.least);
}

TEST(SearchTree, TheHottestValueIsAskedForFirst) {
  DecisionDag dag;
  std::vector<Span> spans;
  for (uint32_t i = 0; i < 400; i++) spans.push_back({i, dag.action(i % 2), 1});
  spans[123].weight = 100000;
  const DecisionDag::Id root = search_tree(dag, kWord, spans, 1);
  EXPECT_EQ(walk(dag, root, 123).tests, 1);
  for (uint32_t i = 0; i < 400; i++) EXPECT_LE(walk(dag, root, i).tests, 13) << i;
}

TEST(SearchTree, MaskedWordsAreTestedForZeroWithoutMasking) {
  DecisionDag dag;
  const DecisionDag::Id root =
      search_tree(dag, {16, 0xf0}, {{0, dag.action(1), 1}, {0x10, dag.action(2), 1}}, 1);
  EXPECT_EQ(dag.node(root).test, WordTest::kIntersects);
  EXPECT_EQ(dag.node(root).constant, 0xf0U);
  EXPECT_EQ(walk(dag, root, 0x10f).target, dag.action(1));
  EXPECT_EQ(walk(dag, root, 0x120).target, dag.action(2));
}

TEST(SearchTree, AWordThatMostHaveIsAskedForBeforeTheMask) {
  DecisionDag dag;
  const DecisionDag::Id other = dag.action(1);
  const DecisionDag::Id nine = dag.action(2);
  const std::vector<Span> spans = {{0, other, 1}, {9, nine, 100}, {10, other, 1}};
  const DecisionDag::Id root = search_tree(dag, {16, 0xf}, spans, 1, {{0x189, 90}, {0x9, 10}});
  EXPECT_EQ(dag.node(root).word, (Word{16, UINT32_MAX}));
  EXPECT_EQ(dag.node(root).constant, 0x189U);
  for (uint32_t value = 0; value < 0x400; value++) {
    EXPECT_EQ(walk(dag, root, value).target, (value & 0xf) == 9 ? nine : other) << value;
  }
}

}  // namespace
}  // namespace qsbx
