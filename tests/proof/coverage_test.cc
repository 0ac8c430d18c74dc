// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Nothing stands in a compiled program that no call executes, and no jump that always goes the same
// way, for all that is shipped. Calls at random do most of them; for the rest the diagrams say
// which call gets there. Every call on the way is answered as the policy says.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "src/bpf/interpreter.h"
#include "src/compile/compile.h"
#include "src/verify/symbolic_execution.h"
#include "tests/proof/reachability.h"
#include "tests/proof/shipped_policies.h"
#include "tests/support/random_policy.h"

namespace qsbx {
namespace {

// An action that no policy has.
constexpr uint32_t kMark = SECCOMP_RET_TRACE | 0x7ab;

struct Counts {
  int programs = 0;
  size_t instructions = 0;
  size_t executed_at_random = 0;
  size_t never_executed = 0;
  size_t one_way_jumps = 0;
};

void print(const Counts& counts) {
  std::cout << counts.programs << " programs of " << counts.instructions << " instructions, "
            << counts.executed_at_random
            << " executed by calls at random; never executed: " << counts.never_executed
            << ", jumps that go one way only: " << counts.one_way_jumps << "\n";
}

class Coverage {
 public:
  Coverage(const Policy& policy, const Actions& actions, Program program)
      : policy_(policy),
        actions_(actions),
        program_(std::move(program)),
        executed_(program_.size(), false),
        reachability_(program_) {}

  void count(testing::Random& random, Counts& counts) {
    ASSERT_FALSE(reachability_.overflowed());
    for (int i = 0; i < 2000; ++i) try_call(testing::random_call(random, policy_));
    ++counts.programs;
    counts.instructions += program_.size();
    counts.executed_at_random +=
        static_cast<size_t>(std::count(executed_.begin(), executed_.end(), true));
    for (size_t place = 0; place < program_.size(); ++place) {
      SCOPED_TRACE(place);
      if (!is_executed(place)) {
        report(place, "is never executed");
        ++counts.never_executed;
      } else if (is_conditional_jump(program_[place]) && !goes_both_ways(place)) {
        report(place, "always goes one way");
        ++counts.one_way_jumps;
      }
    }
  }

 private:
  void try_call(const struct seccomp_data& call) {
    ASSERT_EQ(run(program_, call).action, action_of(policy_, actions_, testing::as_call(call)));
    const std::vector<size_t> path = executed(program_, call);
    ASSERT_EQ(static_cast<int>(path.size()), run(program_, call).steps);
    for (size_t place : path) executed_[place] = true;
  }

  // By the interpreter's word: a mark in that place is what it comes to.
  bool is_executed(size_t place) {
    const auto call = reachability_.call_to(place);
    if (!call) {
      EXPECT_FALSE(executed_[place]) << "a call at random has come here";
      return false;
    }
    try_call(*call);
    Program marked = program_;
    marked[place] = BPF_STMT(BPF_RET | BPF_K, kMark);
    EXPECT_EQ(run(marked, *call).action, kMark);
    return true;
  }

  bool goes_both_ways(size_t place) {
    const auto jumping = reachability_.call_that_jumps(place);
    const auto falling = reachability_.call_that_falls_through(place);
    if (jumping) expect_step(*jumping, place, program_[place].jt);
    if (falling) expect_step(*falling, place, program_[place].jf);
    return jumping && falling;
  }

  void expect_step(const struct seccomp_data& call, size_t place, size_t offset) {
    try_call(call);
    const std::vector<size_t> path = executed(program_, call);
    const auto step = std::find(path.begin(), path.end(), place);
    ASSERT_NE(step, path.end());
    EXPECT_EQ(*(step + 1), place + 1 + offset);
  }

  void report(size_t place, const char* what) const {
    if (getenv("QSBX_TEST_VERBOSE") == nullptr) return;
    std::cout << "instruction " << place << " " << what << ":\n"
              << listing(program_, policy_.architecture());
  }

  const Policy& policy_;
  const Actions& actions_;
  Program program_;
  std::vector<bool> executed_;
  Reachability reachability_;
};

void count(testing::Random& random, const Policy& policy, Mode mode, Counts& counts,
           const std::vector<WeightedCall>& recorded = {}) {
  const Actions actions = actions_for(mode);
  Result<Program> program = compile(policy, actions, recorded);
  ASSERT_TRUE(program.ok()) << program.error().message;
  Coverage(policy, actions, std::move(program).value()).count(random, counts);
}

void expect_all_covered(const Counts& counts) {
  print(counts);
  EXPECT_EQ(counts.never_executed, 0u);
  EXPECT_EQ(counts.one_way_jumps, 0u);
}

class CoverageOf : public ::testing::TestWithParam<Architecture> {
 protected:
  void expect_covered(const Policies& policies, const std::vector<WeightedCall>& recorded) {
    for (const NamedPolicy& named : policies.distinct) {
      for (Mode mode : {Mode::kEnforce, Mode::kAudit}) {
        const size_t dead = counts_.never_executed + counts_.one_way_jumps;
        count(random_, named.policy, mode, counts_, recorded);
        if (counts_.never_executed + counts_.one_way_jumps > dead) {
          std::cout << "not covered: " << named.name << "\n";
        }
      }
    }
    expect_all_covered(counts_);
  }

  testing::Random random_{testing::test_seed()};
  Counts counts_;
};

TEST_P(CoverageOf, EveryTestedMachine) {
  const ProfileSet set = shipped_profiles(GetParam());
  expect_covered(policies_of_machines(set), set.weights());
}

TEST_P(CoverageOf, EveryShippedProfile) {
  const ProfileSet set = shipped_profiles(GetParam());
  expect_covered(policies_of_profiles(set), set.weights());
}

// They test one word plainly and by masks in one condition, where the compiler does not see what
// two earlier tests decide only together.
TEST_P(CoverageOf, RandomPolicies) {
  for (int round = 0; round < 300; ++round) {
    const Policy policy = testing::random_policy(random_, GetParam(), 1 + round % 30);
    count(random_, policy, round % 2 == 0 ? Mode::kErrno : Mode::kAudit, counts_);
    if (HasFatalFailure()) return;
  }
  print(counts_);
  EXPECT_LT(counts_.never_executed * 200, counts_.instructions);
}

INSTANTIATE_TEST_SUITE_P(Instructions, CoverageOf,
                         ::testing::Values(Architecture::kX86_64, Architecture::kAarch64),
                         [](const auto& info) {
                           return std::string(architecture_name(info.param));
                         });

}  // namespace
}  // namespace qsbx
