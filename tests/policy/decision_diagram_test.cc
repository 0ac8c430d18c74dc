// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/policy/decision_diagram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "src/bpf/program.h"
#include "tests/policy/random_policy.h"

namespace qsbx {
namespace {

using Node = DecisionDiagrams::Node;

constexpr uint32_t kWordBoundaries[] = {0,          1,          2,          3,          0x0ff0,
                                        0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff};
constexpr uint32_t kSize = sizeof(struct seccomp_data);

struct seccomp_data call_with(uint32_t offset, uint32_t word, unsigned char elsewhere) {
  struct seccomp_data call;
  std::memset(&call, elsewhere, sizeof call);
  std::memcpy(reinterpret_cast<char*>(&call) + offset, &word, sizeof word);
  return call;
}

TEST(DecisionDiagrams, BitIsOneBitOfTheStructure) {
  for (uint32_t offset = 0; offset < kSize; offset += 4) {
    for (int index = 0; index < 32; ++index) {
      DecisionDiagrams diagrams;
      const Node bit = diagrams.bit(offset, index);
      EXPECT_EQ(diagrams.evaluate(bit, call_with(offset, 1U << index, 0)), 1U);
      EXPECT_EQ(diagrams.evaluate(bit, call_with(offset, ~(1U << index), 0xff)), 0U);
    }
  }
}

TEST(DecisionDiagrams, WordConditionsMeanWhatTheySay) {
  DecisionDiagrams diagrams;
  for (uint32_t offset : {kNumberOffset, kArchitectureOffset, 8U, 12U, argument_offset(5, true)}) {
    for (uint32_t mask : kWordBoundaries) {
      for (uint32_t value : kWordBoundaries) {
        const Node equal = diagrams.word_equals(offset, mask, value);
        const Node greater = diagrams.word_greater(offset, mask, value);
        const Node intersects = diagrams.word_intersects(offset, mask);
        for (uint32_t word : kWordBoundaries) {
          const struct seccomp_data call = call_with(offset, word, 0xa5);
          EXPECT_EQ(diagrams.evaluate(equal, call) == 1, (word & mask) == value);
          EXPECT_EQ(diagrams.evaluate(greater, call) == 1, (word & mask) > value);
          EXPECT_EQ(diagrams.evaluate(intersects, call) == 1, (word & mask) != 0);
        }
      }
    }
  }
}

TEST(DecisionDiagrams, EqualFunctionsAreOneNode) {
  DecisionDiagrams diagrams;
  const Node above_two = diagrams.word_greater(0, 7, 2);
  Node one_by_one = diagrams.falsehood();
  for (uint32_t value = 3; value < 8; ++value) {
    one_by_one = diagrams.either(one_by_one, diagrams.word_equals(0, 7, value));
  }
  EXPECT_EQ(above_two, one_by_one);
  EXPECT_NE(above_two, diagrams.word_greater(0, 7, 3));
  EXPECT_EQ(diagrams.negation(diagrams.negation(above_two)), above_two);
  EXPECT_EQ(diagrams.both(above_two, diagrams.negation(above_two)), diagrams.falsehood());
}

TEST(DecisionDiagrams, TerminalsAreKeptApart) {
  DecisionDiagrams diagrams;
  EXPECT_EQ(diagrams.terminal(0), diagrams.falsehood());
  EXPECT_EQ(diagrams.terminal(1), diagrams.truth());
  EXPECT_EQ(diagrams.terminal(0x7fff0000), diagrams.terminal(0x7fff0000));
  EXPECT_NE(diagrams.terminal(0x7fff0000), diagrams.terminal(0x7fff0001));
  EXPECT_EQ(diagrams.evaluate(diagrams.terminal(UINT32_MAX), {}), UINT32_MAX);
}

Node random_function(DecisionDiagrams& diagrams, RandomPolicies& random, int depth) {
  if (depth == 0) return diagrams.terminal(static_cast<uint32_t>(random.below(4)));
  const uint32_t offset = static_cast<uint32_t>(random.below(4)) * 4 + kArgumentsOffset;
  const Node condition = diagrams.bit(offset, static_cast<int>(random.below(2)));
  return diagrams.if_then_else(condition, random_function(diagrams, random, depth - 1),
                               random_function(diagrams, random, depth - 1));
}

// All values of the eight bits that random_function() uses.
std::vector<struct seccomp_data> all_calls() {
  std::vector<struct seccomp_data> calls;
  for (uint64_t bits = 0; bits < 256; ++bits) {
    struct seccomp_data call = {};
    call.args[0] = (bits & 3) | (bits >> 2 & 3) << 32;
    call.args[1] = (bits >> 4 & 3) | (bits >> 6 & 3) << 32;
    calls.push_back(call);
  }
  return calls;
}

TEST(DecisionDiagrams, IfThenElseChoosesForEveryCall) {
  RandomPolicies random(test_seed());
  const auto calls = all_calls();
  for (int round = 0; round < 200; ++round) {
    DecisionDiagrams diagrams;
    const Node condition = diagrams.both(diagrams.word_intersects(kArgumentsOffset + 4, 3),
                                         diagrams.word_equals(kArgumentsOffset + 8, 3, 2));
    const Node yes = random_function(diagrams, random, 6);
    const Node no = random_function(diagrams, random, 6);
    const Node chosen = diagrams.if_then_else(condition, yes, no);
    for (const auto& call : calls) {
      const Node expected = diagrams.evaluate(condition, call) == 1 ? yes : no;
      ASSERT_EQ(diagrams.evaluate(chosen, call), diagrams.evaluate(expected, call));
    }
  }
}

TEST(DecisionDiagrams, DifferenceIsFoundExactlyWhenThereIsOne) {
  RandomPolicies random(test_seed());
  const auto calls = all_calls();
  int equal = 0;
  for (int round = 0; round < 300; ++round) {
    DecisionDiagrams diagrams;
    const Node a = random_function(diagrams, random, round % 5);
    const Node b = random_function(diagrams, random, round % 5);
    const auto witness = diagrams.difference(a, b);
    if (witness) {
      EXPECT_NE(diagrams.evaluate(a, *witness), diagrams.evaluate(b, *witness));
      continue;
    }
    ++equal;
    for (const auto& call : calls) {
      ASSERT_EQ(diagrams.evaluate(a, call), diagrams.evaluate(b, call));
    }
  }
  EXPECT_GT(equal, 0);
  EXPECT_LT(equal, 300);
}

// Pairs of bits far apart in the order: two to the power of 32 nodes.
Node pairs_of_bits(DecisionDiagrams& diagrams) {
  Node any = diagrams.falsehood();
  for (int i = 0; i < 32; ++i) {
    const Node pair = diagrams.both(diagrams.bit(argument_offset(0, false), i),
                                    diagrams.bit(argument_offset(3, false), i));
    any = diagrams.either(any, pair);
  }
  return any;
}

TEST(DecisionDiagrams, StopsAtItsLimit) {
  DecisionDiagrams diagrams(10'000);
  pairs_of_bits(diagrams);
  EXPECT_TRUE(diagrams.overflowed());
  EXPECT_LE(diagrams.size(), 10'000U);
}

TEST(DecisionDiagrams, StaysBelowItsLimitWhenTheFunctionIsSmall) {
  DecisionDiagrams diagrams(10'000);
  for (uint32_t value = 0; value < 200; ++value) {
    diagrams.word_greater(argument_offset(0, false), UINT32_MAX, value);
  }
  EXPECT_FALSE(diagrams.overflowed());
}

TEST(DecisionDiagrams, CountsTheValuesOfAWord) {
  DecisionDiagrams diagrams;
  const uint32_t offset = argument_offset(1, false);
  EXPECT_EQ(diagrams.count_words(diagrams.falsehood(), offset), 0U);
  EXPECT_EQ(diagrams.count_words(diagrams.truth(), offset), uint64_t{1} << 32);
  for (const uint32_t value : kWordBoundaries) {
    EXPECT_EQ(diagrams.count_words(diagrams.word_equals(offset, UINT32_MAX, value), offset), 1U);
    EXPECT_EQ(diagrams.count_words(diagrams.word_greater(offset, UINT32_MAX, value), offset),
              UINT32_MAX - value);
  }
  EXPECT_EQ(diagrams.count_words(diagrams.word_equals(offset, 0xff00, 0x5400), offset), 1U << 24);
  EXPECT_EQ(diagrams.count_words(diagrams.bit(offset, 31), offset), uint64_t{1} << 31);
  EXPECT_EQ(diagrams.count_words(diagrams.bit(offset, 0), offset), uint64_t{1} << 31);
}

bool on_path(const DecisionDiagrams::Path& path, const struct seccomp_data& call) {
  for (size_t i = 0; i < path.mask.size(); ++i) {
    if ((call.args[i] & path.mask[i]) != path.value[i]) return false;
  }
  return true;
}

TEST(DecisionDiagrams, EveryCallIsOnOnePathWithItsOutcome) {
  RandomPolicies random(test_seed());
  for (int round = 0; round < 200; ++round) {
    DecisionDiagrams diagrams;
    const Node node = diagram_of(diagrams, random.expression(2));
    const auto yes = diagrams.paths(node, true, 5000);
    const auto no = diagrams.paths(node, false, 5000);
    if (!yes || !no) continue;
    for (int i = 0; i < 50; ++i) {
      const struct seccomp_data call = to_seccomp_data(random.call());
      const auto here = [&](const auto& path) { return on_path(path, call); };
      const bool holds = diagrams.evaluate(node, call) == 1;
      EXPECT_EQ(std::ranges::count_if(*yes, here), holds ? 1 : 0);
      EXPECT_EQ(std::ranges::count_if(*no, here), holds ? 0 : 1);
    }
  }
}

TEST(DecisionDiagrams, PathsStopAtTheirLimit) {
  DecisionDiagrams diagrams;
  const Node other = diagrams.negation(diagrams.word_equals(argument_offset(2, true), ~0U, 7));
  ASSERT_TRUE(diagrams.paths(other, true, 32).has_value());
  EXPECT_EQ(diagrams.paths(other, true, 32)->size(), 32U);
  EXPECT_FALSE(diagrams.paths(other, true, 31).has_value());
  const auto only = diagrams.paths(other, false, 1);
  ASSERT_TRUE(only.has_value());
  EXPECT_EQ(only->front().mask[2], 0xffffffff00000000U);
  EXPECT_EQ(only->front().value[2], uint64_t{7} << 32);
  EXPECT_TRUE(diagrams.paths(diagrams.truth(), false, 0)->empty());
}

}  // namespace
}  // namespace qsbx
