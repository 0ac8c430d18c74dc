// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The verifier on programs with one fault each. What it finds different is different: interpreter
// and evaluator disagree on its witness. What it finds equal, Z3 proves equal: no fault slips.
#include <gtest/gtest.h>

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <map>

#include "src/bpf/interpreter.h"
#include "src/compile/compile.h"
#include "src/machine/selection.h"
#include "src/policy/algebra.h"
#include "src/verify/verify.h"
#include "tests/proof/mutants.h"
#include "tests/proof/prover.h"
#include "tests/proof/shipped_policies.h"
#include "tests/support/random_policy.h"

namespace qsbx {
namespace {

// Z3 is asked about every mutant that is found equal, and about each so-manieth of the others.
constexpr int kSampleOfDifferent = 50;

struct Count {
  int found = 0;
  int harmless = 0;
  int not_taken =
      0;  // by the kernel, or by the verifier, which refuses what it does not understand
};

class Mutation : public ::testing::TestWithParam<Architecture> {
 protected:
  void judge_mutants(const Policy& policy, const Actions& actions,
                     const std::vector<WeightedCall>& recorded = {}) {
    const Result<Program> program = compile(policy, actions, recorded);
    ASSERT_TRUE(program.ok()) << program.error().message;
    const auto verified = verify(*program, policy, actions);
    ASSERT_TRUE(verified.ok()) << verified.error().message;
    for (size_t place = 0; place < program->size(); ++place) {
      for (const Mutant& mutant : mutants_at(*program, place, policy.architecture())) {
        SCOPED_TRACE(::testing::Message() << mutant.fault << " at instruction " << place);
        judge(mutant, policy, actions);
        if (HasFatalFailure()) return;
      }
    }
  }

  void print_counts() const {
    for (const auto& [fault, count] : counts_) {
      std::cout << std::setw(26) << fault << ": " << count.found << " found, " << count.harmless
                << " harmless, " << count.not_taken << " not taken\n";
    }
    std::cout << total() << " mutants, " << prover_.questions() << " questions to Z3\n";
  }

  int total() const {
    int total = 0;
    for (const auto& [fault, count] : counts_) {
      total += count.found + count.harmless + count.not_taken;
    }
    return total;
  }

  int found(const std::string& fault) { return counts_[fault].found; }

 private:
  void judge(const Mutant& mutant, const Policy& policy, const Actions& actions) {
    Count& count = counts_[mutant.fault];
    if (!check_program(mutant.program).ok()) {
      ++count.not_taken;
      return;
    }
    const auto witness = find_difference(mutant.program, policy, actions);
    if (!witness.ok()) {
      ++count.not_taken;
    } else if (*witness) {
      ++count.found;
      expect_difference(mutant.program, policy, actions, **witness);
    } else {
      ++count.harmless;
      ASSERT_FALSE(prover_.difference(mutant.program, policy, actions).has_value());
    }
  }

  void expect_difference(const Program& mutant, const Policy& policy, const Actions& actions,
                         const struct seccomp_data& witness) {
    ASSERT_NE(run(mutant, witness).action, action_of(policy, actions, to_call(witness)));
    if (++different_ % kSampleOfDifferent != 0) return;
    ASSERT_TRUE(prover_.difference(mutant, policy, actions).has_value());
  }

  std::map<std::string, Count> counts_;
  Prover prover_;
  int different_ = 0;
};

// By itself, without what it includes.
Policy policy_of_profile(const ProfileSet& set, const std::string& name) {
  Selection alone;
  alone.add(*set.find(name), "by itself");
  return join_rules(alone, {}, set.architecture()).value();
}

TEST_P(Mutation, OfTheDemoMachine) {
  const ProfileSet set = shipped_profiles(GetParam());
  judge_mutants(run_policy(set, "demo"), actions_for(Mode::kEnforce), set.weights());
  judge_mutants(boot_policy(set), actions_for(Mode::kEnforce), set.weights());
  // Nothing that machine is granted depends on the high word of an argument alone; here something
  // is.
  judge_mutants(policy_of_profile(set, "backend/memory-file"), actions_for(Mode::kEnforce),
                set.weights());
  EXPECT_GT(total(), 3000);
  print_counts();
  for (const char* fault : {"architecture not checked", "x32 let through", "high word dropped"}) {
    EXPECT_GT(found(fault), 0) << fault;
  }
}

// So many as a minute allows, evenly over the list; which ones, the seed says.
TEST_P(Mutation, OfShippedProfiles) {
  constexpr size_t kPolicies = 12;
  const ProfileSet set = shipped_profiles(GetParam());
  const Policies policies = policies_of_profiles(set);
  const size_t stride = std::max<size_t>(policies.distinct.size() / kPolicies, 1);
  size_t taken = 0;
  for (size_t i = testing::test_seed() % stride; i < policies.distinct.size(); i += stride) {
    SCOPED_TRACE(policies.distinct[i].name);
    judge_mutants(policies.distinct[i].policy,
                  actions_for(taken++ % 2 == 0 ? Mode::kErrno : Mode::kAudit), set.weights());
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(total(), 1000);
  print_counts();
}

TEST_P(Mutation, OfRandomPolicies) {
  testing::Random random(testing::test_seed());
  for (int round = 0; total() < 5000; ++round) {
    const Policy policy = testing::random_policy(random, GetParam(), 4);
    judge_mutants(policy, actions_for(round % 2 == 0 ? Mode::kEnforce : Mode::kAudit));
    if (HasFatalFailure()) return;
  }
  print_counts();
}

INSTANTIATE_TEST_SUITE_P(Faults, Mutation,
                         ::testing::Values(Architecture::kX86_64, Architecture::kAarch64),
                         [](const auto& info) {
                           return std::string(architecture_name(info.param));
                         });

}  // namespace
}  // namespace qsbx
