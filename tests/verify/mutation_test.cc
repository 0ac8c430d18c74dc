// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Compiled programs are proven; each of their mutants, changed in one instruction, is either found
// different, with a call on which interpreter and evaluator really disagree, or is another way to
// write the same function, and then no call at random tells them apart.
#include <gtest/gtest.h>

#include <iostream>

#include "src/bpf/interpreter.h"
#include "src/compile/compile.h"
#include "src/policy/algebra.h"
#include "src/verify/verify.h"
#include "tests/policy/random_policy.h"

namespace qsbx {
namespace {

constexpr int kSamplesForEqual = 3000;

bool answers_differ(const Program& program, const Policy& policy, const Actions& actions,
                    const struct seccomp_data& call) {
  return run(program, call).action != action_of(policy, actions, to_call(call));
}

void add_code_mutants(const Instruction& instruction, std::vector<Instruction>& mutants) {
  static constexpr uint16_t kJumps[] = {BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET};
  if (BPF_CLASS(instruction.code) != BPF_JMP) return;
  for (uint16_t jump : kJumps) {
    Instruction mutant = instruction;
    mutant.code = static_cast<uint16_t>(BPF_JMP | jump | BPF_K);
    mutants.push_back(mutant);
  }
  Instruction swapped = instruction;
  std::swap(swapped.jt, swapped.jf);
  mutants.push_back(swapped);
  for (int by : {-1, 1}) {
    Instruction mutant = instruction;
    mutant.jt = static_cast<uint8_t>(mutant.jt + by);
    mutants.push_back(mutant);
    mutant = instruction;
    mutant.jf = static_cast<uint8_t>(mutant.jf + by);
    mutants.push_back(mutant);
  }
}

void add_constant_mutants(const Instruction& instruction, std::vector<Instruction>& mutants) {
  const uint32_t k = instruction.k;
  for (uint32_t changed : {k + 1, k - 1, k + 4, k - 4, k ^ 0x80000000, k ^ 0x40000000, ~k, 0U}) {
    Instruction mutant = instruction;
    mutant.k = changed;
    mutants.push_back(mutant);
  }
}

std::vector<Instruction> mutants_of(const Instruction& instruction) {
  std::vector<Instruction> mutants;
  add_code_mutants(instruction, mutants);
  add_constant_mutants(instruction, mutants);
  mutants.push_back(BPF_STMT(BPF_JMP | BPF_JA, 0));
  mutants.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  std::erase_if(mutants, [&](const Instruction& mutant) {
    return mutant.code == instruction.code && mutant.jt == instruction.jt &&
           mutant.jf == instruction.jf && mutant.k == instruction.k;
  });
  return mutants;
}

struct Count {
  int different = 0;
  int equal = 0;
  int refused_by_kernel = 0;
};

class Mutation : public ::testing::Test {
 protected:
  void judge(const Program& mutant, const Policy& policy, const Actions& actions) {
    if (!check_program(mutant).ok()) {
      ++count_.refused_by_kernel;
      return;
    }
    const auto witness = find_difference(mutant, policy, actions);
    ASSERT_TRUE(witness.ok()) << witness.error().message;
    if (*witness) {
      ++count_.different;
      ASSERT_TRUE(answers_differ(mutant, policy, actions, **witness));
      return;
    }
    ++count_.equal;
    for (int i = 0; i < kSamplesForEqual; ++i) {
      ASSERT_FALSE(answers_differ(mutant, policy, actions, to_seccomp_data(random_.call())));
    }
  }

  void judge_all_mutants(const Program& program, const Policy& policy, const Actions& actions) {
    for (size_t i = 0; i < program.size(); ++i) {
      for (const Instruction& changed : mutants_of(program[i])) {
        Program mutant = program;
        mutant[i] = changed;
        SCOPED_TRACE(::testing::Message()
                     << "instruction " << i << ", opcode " << changed.code << ", k " << changed.k);
        judge(mutant, policy, actions);
        if (HasFatalFailure()) return;
      }
    }
  }

  RandomPolicies random_{test_seed()};
  Count count_;
};

TEST_F(Mutation, CompiledProgramsAreProvenAndTheirMutantsTold) {
  int programs = 0;
  for (int round = 0; round < 12; ++round) {
    const Policy policy = random_.policy(1);
    if (policy.empty()) continue;
    const Actions actions = actions_for(round % 2 == 0 ? Mode::kEnforce : Mode::kAudit);
    const auto program = compile(policy, actions);
    ASSERT_TRUE(program.ok()) << program.error().message;
    const auto verified = verify(*program, policy, actions);
    ASSERT_TRUE(verified.ok()) << verified.error().message;
    ++programs;
    judge_all_mutants(*program, policy, actions);
    if (HasFatalFailure()) return;
  }
  std::cout << programs << " programs, mutants: " << count_.different << " different, "
            << count_.equal << " equal, " << count_.refused_by_kernel << " refused by the kernel\n";
  EXPECT_GT(count_.different, 1000);
}

TEST_F(Mutation, ManyCompiledProgramsAreProven) {
  for (int round = 0; round < 300; ++round) {
    const Policy policy = random_.policy(3);
    if (policy.empty()) continue;
    const Actions actions = actions_for(round % 2 == 0 ? Mode::kErrno : Mode::kAudit);
    const auto program = compile(policy, actions);
    ASSERT_TRUE(program.ok()) << program.error().message;
    const auto verified = verify(*program, policy, actions);
    ASSERT_TRUE(verified.ok()) << verified.error().message;
  }
}

}  // namespace
}  // namespace qsbx
