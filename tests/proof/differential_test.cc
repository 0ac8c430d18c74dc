// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The reference evaluator, the interpreter on the compiled program and the running kernel under it
// answer the same calls the same way.
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <algorithm>
#include <iostream>

#include "src/bpf/interpreter.h"
#include "src/compile/compile.h"
#include "src/verify/verify.h"
#include "tests/proof/live_kernel.h"
#include "tests/proof/small_conditions.h"
#include "tests/support/random_policy.h"
#include "tests/support/this_machine.h"

namespace qsbx {
namespace {

using Calls = std::vector<struct seccomp_data>;

// Every answer of the kernel's shows: a failure with another errno than ENOSYS, or a trap.
const Actions kFailing = {.deny = SECCOMP_RET_ERRNO | EPERM,
                          .refusals_allow = false,
                          .foreign = SECCOMP_RET_ERRNO | EACCES};
const Actions kTrapping = {
    .deny = SECCOMP_RET_TRAP, .refusals_allow = false, .foreign = SECCOMP_RET_TRAP | 99};
const Actions kKilling = {
    .deny = SECCOMP_RET_KILL_PROCESS, .refusals_allow = false, .foreign = SECCOMP_RET_KILL_PROCESS};

std::string describe(const struct seccomp_data& call) {
  std::string text = "nr " + std::to_string(call.nr) + " arch " + std::to_string(call.arch);
  char buffer[32];
  for (const auto argument : call.args) {
    snprintf(buffer, sizeof buffer, " 0x%llx", static_cast<unsigned long long>(argument));
    text += buffer;
  }
  return text;
}

struct Counts {
  int policies = 0;
  int calls = 0;
  int made = 0;  // by a child, under the running kernel
};

void print(const Counts& counts) {
  std::cout << counts.policies << " policies, " << counts.calls << " calls, " << counts.made
            << " of them made\n";
}

// Interpreter and evaluator on all calls, and the kernel on those that it can be asked.
void expect_agreement(const Policy& policy, const Actions& actions, const Program& program,
                      const Calls& calls, Counts& counts) {
  Calls made;
  for (const struct seccomp_data& call : calls) {
    const uint32_t meant = action_of(policy, actions, testing::as_call(call));
    ASSERT_EQ(action_name(run(program, call).action), action_name(meant))
        << describe(call) << "\n"
        << listing(program, policy.architecture());
    if (can_be_made(call)) made.push_back(call);
  }
  ++counts.policies;
  counts.calls += static_cast<int>(calls.size());
  if (policy.architecture() != native_architecture()) return;
  counts.made += static_cast<int>(made.size());
  const std::vector<uint32_t> answers = answers_of_kernel(program, made);
  for (size_t i = 0; i < made.size(); ++i) {
    ASSERT_EQ(action_name(answers[i]), action_name(run(program, made[i]).action))
        << "the kernel: " << describe(made[i]) << "\n"
        << listing(program, policy.architecture());
  }
}

Program compiled(const Policy& policy, const Actions& actions) {
  Result<Program> program = compile(policy, actions);
  if (program.ok()) return std::move(program).value();
  ADD_FAILURE() << program.error().message;
  return {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)};
}

// Many conditions in one policy, each for a number of its own.
Policy policy_of(const std::vector<Expression>& conditions, size_t from, size_t count) {
  Policy policy(native_architecture());
  for (size_t i = 0; i < count; ++i) {
    policy.grant(static_cast<int>(i), {conditions[from + i], {"small", "small.profile", 1}});
  }
  return with_unassigned_numbers(policy);
}

Calls boundary_calls(const std::vector<Expression>& conditions, size_t from, size_t count) {
  Calls calls;
  const uint32_t architecture = audit_architecture(native_architecture());
  for (size_t i = 0; i < count; ++i) {
    for (const Arguments& arguments : boundary_arguments(conditions[from + i])) {
      const int number = kFirstUnassigned + static_cast<int>(i);
      calls.push_back(testing::as_data({architecture, number, arguments}));
    }
  }
  return calls;
}

// Shares of the whole, so that they can be tested side by side.
class SmallConditions : public ::testing::TestWithParam<size_t> {
 public:
  static constexpr size_t kShares = 4;
};

TEST_P(SmallConditions, AllAgree) {
  constexpr size_t kInOnePolicy = 40;
  const std::vector<Expression> conditions = small_conditions();
  Counts counts;
  const size_t step = kInOnePolicy * kShares;
  for (size_t from = GetParam() * kInOnePolicy; from < conditions.size(); from += step) {
    const size_t count = std::min(kInOnePolicy, conditions.size() - from);
    const Policy policy = policy_of(conditions, from, count);
    const Program program = compiled(policy, kFailing);
    const auto verified = verify(program, policy, kFailing);
    ASSERT_TRUE(verified.ok()) << verified.error().message;
    expect_agreement(policy, kFailing, program, boundary_calls(conditions, from, count), counts);
    if (HasFatalFailure()) return;
  }
  std::cout << conditions.size() << " conditions in all; here ";
  print(counts);
}

INSTANTIATE_TEST_SUITE_P(Differential, SmallConditions,
                         ::testing::Range(size_t{0}, SmallConditions::kShares));

Calls random_calls(testing::Random& random, const Policy& policy, int count) {
  Calls calls;
  for (int i = 0; i < count; ++i) calls.push_back(testing::random_call(random, policy));
  return calls;
}

TEST(Differential, TenThousandRandomPolicies) {
  testing::Random random(testing::test_seed());
  const Architecture other = native_architecture() == Architecture::kX86_64 ? Architecture::kAarch64
                                                                            : Architecture::kX86_64;
  Counts counts;
  for (int round = 0; round < 10'000; ++round) {
    const Architecture architecture = round % 10 == 0 ? other : native_architecture();
    const Policy policy =
        with_unassigned_numbers(testing::random_policy(random, architecture, 1 + round % 20));
    const Actions& actions = round % 3 == 0 ? kTrapping : kFailing;
    expect_agreement(policy, actions, compiled(policy, actions), random_calls(random, policy, 170),
                     counts);
    if (HasFatalFailure()) return;
  }
  print(counts);
  EXPECT_GE(counts.calls, 1'000'000);
}

// Random calls that can be made here, without those that cannot.
Calls random_makeable_calls(testing::Random& random, const Policy& policy, size_t count) {
  Calls calls;
  while (calls.size() < count) {
    const struct seccomp_data call = testing::random_call(random, policy);
    if (can_be_made(call)) calls.push_back(call);
  }
  return calls;
}

// Of ours and of the ABIs that are foreign to it.
TEST(Differential, TenMillionCallsUnderLoadedPrograms) {
  constexpr int kPolicies = 100;
  constexpr size_t kCallsOfEach = 100'000;
  testing::Random random(testing::test_seed());
  size_t allowed = 0, foreign = 0;
  for (int round = 0; round < kPolicies; ++round) {
    const Policy policy = with_unassigned_numbers(
        testing::random_policy(random, native_architecture(), 1 + round % 40));
    const Actions& actions = round % 5 == 0 ? kTrapping : kFailing;
    const Program program = compiled(policy, actions);
    const Calls calls = random_makeable_calls(random, policy, kCallsOfEach);
    const std::vector<uint32_t> answers = answers_of_kernel(program, calls);
    for (size_t i = 0; i < calls.size(); ++i) {
      const uint32_t meant = action_of(policy, actions, testing::as_call(calls[i]));
      ASSERT_EQ(answers[i], meant) << action_name(answers[i]) << " is not " << action_name(meant)
                                   << ": " << describe(calls[i]) << "\n"
                                   << listing(program, policy.architecture());
      allowed += meant == SECCOMP_RET_ALLOW ? 1 : 0;
      foreign += meant == actions.foreign ? 1 : 0;
    }
  }
  const size_t made = kPolicies * kCallsOfEach;
  std::cout << made << " calls made, " << allowed << " of them allowed, " << foreign
            << " of another ABI\n";
  EXPECT_GT(allowed, made / 100);
  EXPECT_GT(foreign, made / 1000);
}

// Calls of i386 come through their own door, with numbers that mean other calls.
TEST(Differential, OtherArchitecturesAreForeignToTheKernelToo) {
  if (!testing::takes_i386_calls()) GTEST_SKIP() << "this kernel takes no calls of i386";
  Policy policy(Architecture::kX86_64);
  policy.grant(1, {Expression::always(), {}});
  const Policy moved = with_unassigned_numbers(policy);
  const Program program = compiled(moved, kFailing);
  Calls calls;
  for (int number : {601, 700, 0x3fffffff}) calls.push_back({number, 0x40000003, 0, {}});
  for (int number = kFirstUnassigned; number <= kLastUnassigned; ++number) {
    calls.push_back(
        {number | static_cast<int>(kX32Bit), audit_architecture(Architecture::kX86_64), 0, {}});
  }
  Counts counts;
  expect_agreement(moved, kFailing, program, calls, counts);
  EXPECT_EQ(counts.made, static_cast<int>(calls.size()));
}

// Kernels that have uprobe, on x86_64, let it through whatever filters say, so that it is left out
// of all that is said here. What has it finds no probe at the caller and says ENXIO.
TEST(Differential, UprobeIsNotForFilters) {
  const Policy empty = with_unassigned_numbers(Policy(native_architecture()));
  const struct seccomp_data uprobe = {336, audit_architecture(native_architecture()), 0, {}};
  const uint32_t answer = answers_of_kernel(compiled(empty, kFailing), {uprobe}).front();
  const bool passed_by = answer == (SECCOMP_RET_ERRNO | ENXIO);
  std::cout << "this kernel " << (passed_by ? "does not filter" : "filters") << " uprobe\n";
  EXPECT_TRUE(passed_by || answer == kFailing.deny) << action_name(answer);
}

TEST(Differential, DeniedCallsKill) {
  testing::Random random(testing::test_seed());
  int killed = 0;
  for (int round = 0; round < 40; ++round) {
    const Policy policy =
        with_unassigned_numbers(testing::random_policy(random, native_architecture(), 10));
    const Program program = compiled(policy, kKilling);
    const struct seccomp_data call = testing::random_call(random, policy);
    if (!can_be_made(call)) continue;
    const uint32_t meant = action_of(policy, kKilling, testing::as_call(call));
    EXPECT_EQ(action_name(answers_of_kernel(program, {call}).front()), action_name(meant))
        << describe(call);
    killed += meant == SECCOMP_RET_KILL_PROCESS ? 1 : 0;
  }
  EXPECT_GT(killed, 0);
}

}  // namespace
}  // namespace qsbx
