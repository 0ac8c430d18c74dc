// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/bpf/reach.h"

#include <gtest/gtest.h>

#include "src/bpf/interpreter.h"
#include "src/compile/compile.h"
#include "src/policy/algebra.h"
#include "tests/support/random_policy.h"

namespace qsbx {
namespace {

constexpr Architecture kNative = Architecture::kX86_64;

TEST(MayRun, SaysYesWhereSomeArgumentsAreAllowed) {
  Policy policy(kNative);
  const Operand command = {1, 32, false, ~uint64_t{0}};
  policy.grant(16, {Expression::compare(command, Comparator::kEqual, 0x5421), {}});
  policy.grant(0, {Expression::always(), {}});
  ASSERT_TRUE(policy.refuse(435, {38, {}}).ok());
  const Result<Program> program = compile(policy, actions_for(Mode::kEnforce));
  ASSERT_TRUE(program.ok());
  const uint32_t arch = audit_architecture(kNative);
  for (int number = 0; number < 500; number++) {
    EXPECT_EQ(may_run(*program, arch, number), number == 0 || number == 16) << number;
  }
  EXPECT_FALSE(may_run(*program, 0x40000003, 0));
  EXPECT_FALSE(may_run(*program, arch, static_cast<int>(kX32Bit)));
}

TEST(StepsToRun, AreThoseOfTheShortestAndOfTheLongestWay) {
  const auto load = [](uint32_t offset) {
    return Instruction{BPF_LD | BPF_W | BPF_ABS, 0, 0, offset};
  };
  const Program program = {
      load(kNumberOffset),
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 4, 16},
      load(kArgumentsOffset),
      {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 2},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS},
  };
  const uint32_t arch = audit_architecture(kNative);
  EXPECT_EQ(steps_to_run(program, arch, 16), (StepRange{5, 6}));
  EXPECT_EQ(steps_to_run(program, arch, 17), std::nullopt);
}

// Never no for a call that the policy grants, and never yes for one that no rule mentions.
TEST(MayRun, AgreesWithRandomPolicies) {
  testing::Random random(testing::test_seed());
  for (int round = 0; round < 100; round++) {
    const Policy policy = testing::random_policy(random, kNative, 30);
    const Result<Program> program = compile(policy, actions_for(Mode::kEnforce));
    ASSERT_TRUE(program.ok());
    for (int i = 0; i < 200; i++) {
      const Call call = testing::as_call(testing::random_call(random, policy));
      if (evaluate(policy, call).verdict != Verdict::kAllow) continue;
      const auto steps = steps_to_run(*program, call.audit_arch, call.number);
      ASSERT_TRUE(steps.has_value());
      const int executed = run(*program, to_seccomp_data(call)).steps;
      EXPECT_LE(steps->least, executed);
      EXPECT_GE(steps->most, executed);
    }
    for (const Syscall& call : syscalls(kNative)) {
      if (policy.calls().contains(call.number)) continue;
      EXPECT_FALSE(may_run(*program, audit_architecture(kNative), call.number)) << call.name;
    }
  }
}

}  // namespace
}  // namespace qsbx
