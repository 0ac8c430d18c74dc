// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Compiled programs, with the weights that come with the profiles, are what their policies say, by
// Z3's word, which knows nothing of the verifier: all that is shipped, and policies at random.
// $QSBX_TEST_LONG=1 takes ten times as many of these.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "src/bpf/interpreter.h"
#include "src/compile/compile.h"
#include "src/policy/algebra.h"
#include "tests/proof/prover.h"
#include "tests/proof/shipped_policies.h"
#include "tests/support/random_policy.h"

namespace qsbx {
namespace {

constexpr Mode kModes[] = {Mode::kEnforce, Mode::kErrno, Mode::kAudit};

void expect_proven(Prover& prover, const Policy& policy, const Actions& actions,
                   const std::vector<WeightedCall>& recorded) {
  const Result<Program> program = compile(policy, actions, recorded);
  ASSERT_TRUE(program.ok()) << program.error().message;
  ASSERT_TRUE(check_program(*program).ok());
  const auto witness = prover.difference(*program, policy, actions);
  ASSERT_FALSE(witness.has_value())
      << "nr " << witness->nr << " arch " << std::hex << witness->arch << " args "
      << witness->args[0] << " " << witness->args[1] << " " << witness->args[2] << " "
      << witness->args[3] << " " << witness->args[4] << " " << witness->args[5] << "\n"
      << listing(*program, policy.architecture());
}

void expect_all_proven(const Policies& policies, const std::vector<WeightedCall>& recorded) {
  Prover prover;
  for (const NamedPolicy& named : policies.distinct) {
    SCOPED_TRACE(named.name);
    for (Mode mode : kModes) {
      expect_proven(prover, named.policy, actions_for(mode), recorded);
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
  std::cout << policies.all << " policies, " << policies.distinct.size()
            << " of them different, in 3 modes; " << prover.questions() << " questions to Z3\n";
}

class OnArchitecture : public ::testing::TestWithParam<Architecture> {};

TEST_P(OnArchitecture, EveryShippedProfile) {
  const ProfileSet set = shipped_profiles(GetParam());
  EXPECT_GT(set.profiles().size(), 40u);
  expect_all_proven(policies_of_profiles(set), set.weights());
}

TEST_P(OnArchitecture, EveryTestedMachine) {
  EXPECT_GT(tested_machines().size(), 40u);
  const ProfileSet set = shipped_profiles(GetParam());
  expect_all_proven(policies_of_machines(set), set.weights());
}

INSTANTIATE_TEST_SUITE_P(Equivalence, OnArchitecture,
                         ::testing::Values(Architecture::kX86_64, Architecture::kAarch64),
                         [](const auto& info) {
                           return std::string(architecture_name(info.param));
                         });

// Weights as a recorded run might have them: some calls very often.
std::vector<WeightedCall> random_weights(testing::Random& random, const Policy& policy) {
  std::vector<WeightedCall> weights;
  for (int i = 0; i < 10; ++i) {
    weights.push_back(
        {testing::as_call(testing::random_call(random, policy)), uint64_t{1} << random() % 20});
  }
  return weights;
}

TEST(Equivalence, RandomPolicies) {
  testing::Random random(testing::test_seed());
  const int count = getenv("QSBX_TEST_LONG") != nullptr ? 10'000 : 1'000;
  int questions = 0;
  for (int round = 0; round < count; ++round) {
    Prover prover;
    const Architecture architecture =
        round % 2 == 0 ? Architecture::kX86_64 : Architecture::kAarch64;
    SCOPED_TRACE(round);
    const Policy policy = testing::random_policy(random, architecture, 1 + round % 30);
    const auto weights =
        round % 4 < 2 ? random_weights(random, policy) : std::vector<WeightedCall>{};
    expect_proven(prover, policy, actions_for(kModes[round % 3]), weights);
    if (HasFatalFailure()) return;
    questions += prover.questions();
  }
  std::cout << count << " policies, " << questions << " questions to Z3\n";
}

// Z3 would say so if they differed.
TEST(Equivalence, APlantedFaultIsFound) {
  const ProfileSet set = shipped_profiles(Architecture::kX86_64);
  const Policy policy = run_policy(set, "demo");
  const Actions actions = actions_for(Mode::kEnforce);
  Program program = *compile(policy, actions);
  int planted = 0;
  for (Instruction& instruction : program) {
    if (instruction.code != (BPF_JMP | BPF_JEQ | BPF_K) || instruction.k < 0x1000) continue;
    const Instruction kept = instruction;
    instruction.k ^= 0x100;
    Prover prover;
    const auto witness = prover.difference(program, policy, actions);
    ASSERT_TRUE(witness.has_value());
    EXPECT_NE(run(program, *witness).action, action_of(policy, actions, to_call(*witness)));
    instruction = kept;
    ++planted;
  }
  EXPECT_GT(planted, 3);
}

}  // namespace
}  // namespace qsbx
