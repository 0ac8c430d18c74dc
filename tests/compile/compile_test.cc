// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The compiled program, run by the interpreter, against the reference evaluator.
#include "src/compile/compile.h"

#include <gtest/gtest.h>

#include <iterator>

#include "src/bpf/interpreter.h"
#include "src/bpf/kernel_bitmap.h"
#include "tests/support/random_policy.h"

namespace qsbx {
namespace {

using testing::as_call;
using testing::Random;

constexpr Mode kModes[] = {Mode::kEnforce, Mode::kErrno, Mode::kAudit};

Program compiled(const Policy& policy, const Actions& actions) {
  Result<Program> program = compile(policy, actions);
  EXPECT_TRUE(program.ok()) << program.error().message;
  EXPECT_TRUE(check_program(*program).ok());
  return *program;
}

::testing::AssertionResult agree(const Program& program, const Policy& policy,
                                 const Actions& actions, const struct seccomp_data& data) {
  const uint32_t meant = action_of(policy, actions, as_call(data));
  const uint32_t got = run(program, data).action;
  if (meant == got) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << "nr " << data.nr << " arch " << std::hex << data.arch << " args " << data.args[0] << " "
         << data.args[1] << " " << data.args[2] << " " << data.args[3] << ": policy "
         << action_name(meant) << ", program " << action_name(got) << "\n"
         << listing(program, policy.architecture());
}

Policy policy_of(Expression condition, int number) {
  Policy policy(Architecture::kX86_64);
  policy.grant(number, {std::move(condition), {"test", "test.profile", 1}});
  return policy;
}

TEST(Compile, RefusesAPolicyThatGrantsNothing) {
  const Result<Program> program =
      compile(Policy(Architecture::kX86_64), actions_for(Mode::kEnforce));
  ASSERT_FALSE(program.ok());
  EXPECT_EQ(program.error().code, ErrorCode::kPolicy);
  EXPECT_EQ(program.error().message,
            "the policy grants nothing; a process under it could not even exit");
}

TEST(Compile, RefusesWhatTheKernelWouldNotTake) {
  Policy policy(Architecture::kX86_64);
  const Operand argument = {0, 64, false, ~uint64_t{0}};
  for (int number = 0; number < 300; number++) {
    std::vector<ValueRange> values;
    for (uint64_t i = 0; i < 8; i++) {
      const uint64_t value = (i << 40) + 3 * i + static_cast<uint64_t>(number);
      values.push_back({value, value});
    }
    policy.grant(number, {Expression::in(argument, values), {}});
  }
  const Result<Program> program = compile(policy, actions_for(Mode::kEnforce));
  ASSERT_FALSE(program.ok());
  EXPECT_EQ(program.error().code, ErrorCode::kProgram);
  EXPECT_NE(program.error().message.find("the kernel takes 4096"), std::string::npos);
}

TEST(Compile, WhatIsTooLargeIsSaidWithTheLargestCalls) {
  Policy policy(Architecture::kX86_64);
  const Operand argument = {0, 64, false, ~uint64_t{0}};
  const auto values = [&](uint64_t count) {
    std::vector<ValueRange> ranges;
    for (uint64_t i = 0; i < count; i++) ranges.push_back({i * 0x300000007, i * 0x300000007});
    return Expression::in(argument, ranges);
  };
  policy.grant(0, {values(2000), {}});
  policy.grant(16, {values(700), {}});
  for (int number = 40; number < 60; ++number) policy.grant(number, {Expression::always(), {}});
  const Result<Program> program = compile(policy, actions_for(Mode::kEnforce));
  ASSERT_FALSE(program.ok());
  const std::string& message = program.error().message;
  size_t needed = 0;
  size_t beyond = 0;
  ASSERT_EQ(
      sscanf(message.c_str(), "the policy needs %zu instructions, %zu too many", &needed, &beyond),
      2)
      << message;
  EXPECT_EQ(needed, 4096 + beyond);
  EXPECT_LT(message.find("largest calls are read ("), message.find("), ioctl (")) << message;
}

// Every comparator, width, sign and mask, on every pair of boundary values.
TEST(Compile, SingleComparisonsAgreeOnAllBoundaryValues) {
  const uint64_t values[] = {
      0,          1,          2,          0x7fff,      0x8000,      0xffff,
      0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, ~0ull >> 1,  1ull << 63,
      ~0ull - 1,  ~0ull,      0xffff8000, 0xffff7fff,  0x17fffffff, 0xdeadbeef00000001};
  const Actions actions = actions_for(Mode::kEnforce);
  int compared = 0;
  for (const uint8_t bits : {16, 32, 64}) {
    for (const bool is_signed : {false, true}) {
      for (const uint64_t mask : {~0ull, 0xffull, 0x80000000ull, 0xff00000000ull, 0x8001ull}) {
        if (is_signed && mask != ~0ull) continue;
        const Operand operand = {1, bits, is_signed, mask};
        for (int comparator = 0; comparator < 6; comparator++) {
          for (const uint64_t raw : values) {
            const Operand whole = {1, bits, is_signed, ~0ull};
            const uint64_t constant = operand_value(whole, {0, raw});
            const Policy policy = policy_of(
                Expression::compare(operand, static_cast<Comparator>(comparator), constant), 16);
            if (policy.empty()) continue;
            const Program program = compiled(policy, actions);
            for (const uint64_t value : values) {
              struct seccomp_data data = {16, audit_architecture(Architecture::kX86_64), 0, {}};
              data.args[1] = value;
              ASSERT_TRUE(agree(program, policy, actions, data)) << "constant " << constant;
              compared++;
            }
          }
        }
      }
    }
  }
  EXPECT_GT(compared, 30000);
}

TEST(Compile, RandomPoliciesAgreeWithTheEvaluator) {
  Random random(testing::test_seed());
  for (int round = 0; round < 1500; round++) {
    const Architecture architecture =
        round % 4 == 0 ? Architecture::kAarch64 : Architecture::kX86_64;
    const Policy policy = testing::random_policy(random, architecture, 1 + round % 60);
    const Actions actions = actions_for(kModes[round % 3]);
    const Program program = compiled(policy, actions);
    for (int i = 0; i < 200; i++) {
      ASSERT_TRUE(agree(program, policy, actions, testing::random_call(random, policy)));
    }
  }
}

// Jumps over more than 255 instructions take another form.
TEST(Compile, LongConditionsAgree) {
  const Actions actions = actions_for(Mode::kEnforce);
  const Operand command = {1, 32, false, ~uint64_t{0}};
  for (int count = 120; count < 900; count += 97) {
    std::vector<Expression> terms;
    for (int i = 0; i < count; i++) {
      const Operand other = {2, 32, false, ~uint64_t{0}};
      const auto number = static_cast<uint64_t>(i);
      terms.push_back(Expression::all_of({Expression::compare(command, Comparator::kEqual, number),
                                          Expression::compare(other, Comparator::kEqual, number)}));
    }
    Policy policy = policy_of(Expression::any_of(terms), 16);
    policy.grant(1, {Expression::always(), {}});
    const Program program = compiled(policy, actions);
    for (int i = -1; i <= count; i++) {
      const auto value = static_cast<uint32_t>(i);
      struct seccomp_data data = {
          16, audit_architecture(Architecture::kX86_64), 0, {0, value, value}};
      ASSERT_TRUE(agree(program, policy, actions, data));
      data.args[2]++;
      ASSERT_TRUE(agree(program, policy, actions, data));
    }
  }
}

// Of n pairs of bits, one is set in full: what is left after asking for half of the bits is
// different for every answer, so no order of asking for one at a time is affordable. Term by term
// it takes two tests a pair.
TEST(Compile, ConditionsThatCannotBeAskedForBitByBitAgree) {
  const Actions actions = actions_for(Mode::kEnforce);
  std::vector<Expression> pairs;
  for (int i = 0; i < 60; i++) {
    const Operand one = {0, 64, false, uint64_t{1} << i};
    const Operand other = {1, 64, false, uint64_t{1} << (i * 7 % 60)};
    pairs.push_back(Expression::all_of({Expression::compare(one, Comparator::kNotEqual, 0),
                                        Expression::compare(other, Comparator::kNotEqual, 0)}));
  }
  const Policy policy = policy_of(Expression::any_of(pairs), 16);
  const Program program = compiled(policy, actions);
  EXPECT_LT(program.size(), 300U);
  Random random(testing::test_seed());
  for (int i = 0; i < 5000; i++) {
    const uint64_t sparse = random() & random() & random();
    const struct seccomp_data data = {
        16, audit_architecture(Architecture::kX86_64), 0, {sparse, random() & random() & random()}};
    ASSERT_TRUE(agree(program, policy, actions, data));
  }
}

TEST(Compile, UnconditionalCallsAreAnsweredFromTheKernelsBitmap) {
  Random random(testing::test_seed());
  const Architecture native = Architecture::kX86_64;
  for (int round = 0; round < 200; round++) {
    const Policy policy = testing::random_policy(random, native, 40);
    const Program program = compiled(policy, actions_for(Mode::kEnforce));
    for (const Syscall& call : syscalls(native)) {
      const auto entry = policy.calls().find(call.number);
      const bool unconditional = entry != policy.calls().end() && entry->second.is_unconditional();
      if (unconditional) {
        EXPECT_TRUE(kernel_caches(program, audit_architecture(native), call.number)) << call.name;
      } else if (entry == policy.calls().end()) {
        EXPECT_FALSE(kernel_caches(program, audit_architecture(native), call.number)) << call.name;
      }
    }
  }
}

}  // namespace
}  // namespace qsbx
