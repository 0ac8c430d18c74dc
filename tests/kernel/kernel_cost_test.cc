// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The predicted length of a program against the kernel's: filters are stacked up to the limit, and
// what is left of it has to be exactly what the prediction says.
#include "src/bpf/kernel_cost.h"

#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "kernel/kernel.h"
#include "src/bpf/interpreter.h"
#include "src/bpf/kernel_bitmap.h"
#include "src/compile/compile.h"
#include "tests/support/random_policy.h"

namespace qsbx {
namespace {

using testing::Random;

constexpr size_t kShortestFiller = 5;    // the prologue and a return
constexpr size_t kLongestFiller = 4100;  // 4096 instructions, the return converted to two

Instruction load_number() { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kNumberOffset); }
Instruction allow() { return BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW); }

// A filter that is `length` long for the kernel.
Program filler(size_t length) {
  Program program(length - kShortestFiller, load_number());
  program.push_back(allow());
  return program;
}

// The kernel's result: 0 or -errno.
int install(Program program) {
  struct sock_fprog filter = {static_cast<unsigned short>(program.size()), program.data()};
  return running_kernel().seccomp(SECCOMP_SET_MODE_FILTER, 0, &filter);
}

enum Outcome {
  kExact = 0,
  kSetUpFailed,
  kRefusedEarly,
  kLongerThanPredicted,
  kShorterThanPredicted
};

// In a child. Installs `copies` of the program and fills up what is left.
Outcome fill_up(const Program& program, int copies) {
  if (running_kernel().set_no_new_privs() != 0) return kSetUpFailed;
  size_t left = kStackLimit;
  for (int i = 0; i < copies; ++i) {
    if (install(program) != 0) return kRefusedEarly;
    left -= converted_length(program) + kStackPenalty;
  }
  while (left > kLongestFiller) {
    const size_t length = left > 2 * kLongestFiller ? kLongestFiller : left / 2;
    if (install(filler(length)) != 0) return kRefusedEarly;
    left -= length + kStackPenalty;
  }
  if (left < kShortestFiller || left + 1 > kLongestFiller) return kSetUpFailed;
  if (install(filler(left + 1)) != -ENOMEM) return kShorterThanPredicted;
  return install(filler(left)) == 0 ? kExact : kLongerThanPredicted;
}

int outcome(const Program& program, int copies) {
  const pid_t child = fork();
  if (child == 0) _exit(fill_up(program, copies));
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << status;
  return WEXITSTATUS(status);
}

// With every answer an allowing one: the child has to live.
Program harmless(Program program) {
  for (Instruction& instruction : program) {
    if (BPF_CLASS(instruction.code) == BPF_RET) instruction = allow();
  }
  return program;
}

bool kernel_hides_constants() {
  int level = 0;
  std::ifstream("/proc/sys/net/core/bpf_jit_harden") >> level;
  return level == 2 || (level == 1 && geteuid() != 0);
}

class ConvertedLength : public ::testing::Test {
 protected:
  void SetUp() override {
    if (kernel_hides_constants()) GTEST_SKIP() << "net.core.bpf_jit_harden lengthens programs";
  }
};

TEST_F(ConvertedLength, OfTheShortestAndTheLongestProgram) {
  EXPECT_EQ(converted_length(Program{allow()}), kShortestFiller);
  EXPECT_EQ(converted_length(filler(kLongestFiller)), kLongestFiller);
  EXPECT_EQ(outcome({allow()}, 1000), kExact);
  EXPECT_EQ(outcome(filler(kLongestFiller), 7), kExact);
}

// Every instruction of which the kernel makes more than one, many times in a program.
TEST_F(ConvertedLength, OfEachKindOfInstruction) {
  constexpr uint16_t kJump = BPF_JMP | BPF_K;
  struct Case {
    Instruction instruction;
    size_t length;
  };
  const Case cases[] = {
      {BPF_STMT(BPF_JMP | BPF_JA, 0), 1},
      {BPF_JUMP(kJump | BPF_JEQ, 1, 0, 0), 1},
      {BPF_JUMP(kJump | BPF_JEQ, 1, 1, 0), 1},
      {BPF_JUMP(kJump | BPF_JEQ, 1, 0, 1), 1},
      {BPF_JUMP(kJump | BPF_JEQ, 1, 1, 1), 2},
      {BPF_JUMP(kJump | BPF_JEQ, 1, 1, 2), 2},
      {BPF_JUMP(kJump | BPF_JGT, 1, 0, 1), 1},
      {BPF_JUMP(kJump | BPF_JGE, 1, 0, 1), 1},
      {BPF_JUMP(kJump | BPF_JSET, 1, 1, 0), 1},
      {BPF_JUMP(kJump | BPF_JSET, 1, 0, 1), 2},
      {BPF_JUMP(kJump | BPF_JSET, 1, 2, 1), 2},
      {BPF_JUMP(kJump | BPF_JEQ, 0x7fffffff, 1, 0), 1},
      {BPF_JUMP(kJump | BPF_JEQ, 0x80000000, 1, 0), 2},
      {BPF_JUMP(kJump | BPF_JGE, 0xffffffff, 1, 2), 3},
      {BPF_JUMP(kJump | BPF_JSET, 0x80000000, 0, 1), 3},
      {BPF_JUMP(BPF_JMP | BPF_X | BPF_JEQ, 0x80000000, 1, 0), 1},
      {BPF_JUMP(BPF_JMP | BPF_X | BPF_JSET, 0, 0, 1), 2},
      {BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x80000000), 1},
      {BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0x80000000), 1},
      {BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0), 5},
      {BPF_STMT(BPF_ALU | BPF_NEG, 0), 1},
      {BPF_STMT(BPF_LD | BPF_IMM, 0x80000000), 1},
      {BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), 1},
      {BPF_STMT(BPF_LDX | BPF_IMM, 7), 1},
      {BPF_STMT(BPF_ST, 3), 1},
      {BPF_STMT(BPF_STX, 3), 1},
      {BPF_STMT(BPF_MISC | BPF_TAX, 0), 1},
      {BPF_STMT(BPF_MISC | BPF_TXA, 0), 1},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(converted_instructions(one.instruction), one.length) << one.instruction.code;
    // A division by a register that is 0 would end the program with a refusal.
    Program program = {BPF_STMT(BPF_LDX | BPF_IMM, 7)};
    program.insert(program.end(), 200, one.instruction);
    program.insert(program.end(), {load_number(), load_number(), allow()});
    ASSERT_TRUE(check_program(program).ok());
    EXPECT_EQ(outcome(program, 10), kExact) << one.instruction.code << " " << one.instruction.k;
  }
  EXPECT_EQ(converted_instructions(BPF_STMT(BPF_RET | BPF_A, 0)), 1u);
}

TEST_F(ConvertedLength, OfCompiledPolicies) {
  Random random(testing::test_seed());
  for (int i = 0; i < 30; ++i) {
    const Policy policy =
        testing::random_policy(random, Architecture::kX86_64, static_cast<int>(1 + random() % 60));
    const Result<Program> program = compile(policy, actions_for(Mode::kEnforce));
    if (!program.ok()) continue;
    EXPECT_EQ(outcome(harmless(*program), 3), kExact) << "program " << i;
  }
}

TEST(EmulationSteps, EndWhereTheAnswerIsKnown) {
  const Program program = {
      load_number(), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1),
      allow(),       BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kArgumentsOffset),
      allow(),
  };
  EXPECT_EQ(emulation_steps(program, 0, 1), 3);
  EXPECT_EQ(emulation_steps(program, 0, 2), 3) << "the load of an argument is looked at";
}

}  // namespace
}  // namespace qsbx
