// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The symbolic accumulator against numbers: chains of AND, RSH and LSH on words at random.
#include "src/verify/accumulator.h"

#include <gtest/gtest.h>

#include "src/bpf/program.h"
#include "tests/policy/random_policy.h"

namespace qsbx {
namespace {

constexpr uint32_t kOffset = argument_offset(4, true);

// The same steps on a symbol and on a number.
struct Both {
  Accumulator symbol;
  uint32_t number;
};

void step(RandomPolicies& random, Both& both) {
  const int count = static_cast<int>(random.one_in(2) ? random.below(32) : random.below(4));
  const uint32_t mask = static_cast<uint32_t>(random.value());
  switch (random.below(3)) {
    case 0:
      both = {both.symbol.masked(mask), both.number & mask};
      break;
    case 1:
      both = {both.symbol.shifted_right(count), both.number >> count};
      break;
    default:
      both = {both.symbol.shifted_left(count), both.number << count};
  }
}

void expect_same_comparisons(DecisionDiagrams& diagrams, const Both& both, uint32_t word,
                             uint32_t constant) {
  const Call call = {.audit_arch = 0, .number = 0, .arguments = {0, 0, 0, 0, uint64_t{word} << 32}};
  const auto jumps = [&](DecisionDiagrams::Node node) {
    return diagrams.evaluate(node, to_seccomp_data(call)) == 1;
  };
  ASSERT_EQ(jumps(both.symbol.equals(diagrams, constant)), both.number == constant);
  ASSERT_EQ(jumps(both.symbol.greater(diagrams, constant)), both.number > constant);
  ASSERT_EQ(jumps(both.symbol.greater_or_equal(diagrams, constant)), both.number >= constant);
  ASSERT_EQ(jumps(both.symbol.intersects(diagrams, constant)), (both.number & constant) != 0);
}

TEST(Accumulator, FollowsTheNumbers) {
  RandomPolicies random(test_seed());
  DecisionDiagrams diagrams(10'000'000);
  for (int round = 0; round < 20'000; ++round) {
    const uint32_t word = static_cast<uint32_t>(random.value());
    const bool constant = random.one_in(8);
    Both both = {constant ? Accumulator::of_constant(word) : Accumulator::of_word(kOffset), word};
    for (uint64_t steps = random.below(5); steps > 0; --steps) step(random, both);
    for (uint32_t value :
         {both.number, both.number + 1, both.number - 1, static_cast<uint32_t>(random.value())}) {
      expect_same_comparisons(diagrams, both, word, value);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_FALSE(diagrams.overflowed());
}

TEST(Accumulator, EqualValuesCompareEqual) {
  const Accumulator word = Accumulator::of_word(kOffset);
  EXPECT_EQ(word.shifted_right(16).shifted_left(16), word.masked(0xffff0000));
  EXPECT_EQ(word.masked(0xff).shifted_right(8), Accumulator::of_constant(0));
  EXPECT_NE(word, Accumulator::of_word(kOffset + 4));
}

}  // namespace
}  // namespace qsbx
