// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/bpf/interpreter.h"

#include <gtest/gtest.h>

#include "src/bpf/kernel_bitmap.h"

namespace qsbx {
namespace {

constexpr uint32_t kNative = 0xc000003e;  // AUDIT_ARCH_X86_64

Instruction ret(uint32_t action) { return BPF_STMT(BPF_RET | BPF_K, action); }
Instruction load(uint32_t offset) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset); }

std::string message(const Program& program) {
  const Status status = check_program(program);
  return status.ok() ? "" : status.error().message;
}

TEST(CheckProgram, SaysWhatTheKernelWouldRefuse) {
  EXPECT_EQ(message({ret(0)}), "");
  EXPECT_EQ(message({}), "the program is empty");
  EXPECT_EQ(message(Program(4097, ret(0))),
            "the program has 4097 instructions; the kernel takes 4096");
  EXPECT_EQ(message({load(0)}), "instruction 0 is the last one and no return");
  EXPECT_EQ(message({load(2), ret(0)}),
            "instruction 0 loads from outside of struct seccomp_data, or unaligned");
  EXPECT_EQ(message({load(64), ret(0)}),
            "instruction 0 loads from outside of struct seccomp_data, or unaligned");
  EXPECT_EQ(message({BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), ret(0)}),
            "instruction 0 jumps past the end");
  EXPECT_EQ(message({BPF_STMT(BPF_JMP | BPF_JA, 1), ret(0)}), "instruction 0 jumps past the end");
  EXPECT_EQ(message({BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), ret(0)}),
            "instruction 0 has an opcode that seccomp does not take");
  EXPECT_EQ(message({BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), ret(0)}),
            "instruction 0 divides by zero");
  EXPECT_EQ(message({BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 32), ret(0)}),
            "instruction 0 shifts by more than a word");
  EXPECT_EQ(message({BPF_STMT(BPF_ST, 16), ret(0)}),
            "instruction 0 uses scratch memory that is not there");
  EXPECT_EQ(message({BPF_STMT(BPF_LD | BPF_MEM, 3), ret(0)}),
            "instruction 0 reads scratch memory that may not have been written");
  EXPECT_EQ(message({BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), BPF_STMT(BPF_ST, 3),
                     BPF_STMT(BPF_LDX | BPF_MEM, 3), ret(0)}),
            "instruction 2 reads scratch memory that may not have been written");
  EXPECT_EQ(message({BPF_STMT(BPF_ST, 3), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
                     BPF_STMT(BPF_ST, 4), BPF_STMT(BPF_LDX | BPF_MEM, 3), ret(0)}),
            "");
}

TEST(Interpreter, CountsSteps) {
  const Program program = {load(kNumberOffset), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 1, 0),
                           ret(SECCOMP_RET_KILL_PROCESS), ret(SECCOMP_RET_ALLOW)};
  const Execution allowed = run(program, {1, kNative, 0, {}});
  EXPECT_EQ(allowed.action, SECCOMP_RET_ALLOW);
  EXPECT_EQ(allowed.steps, 3);
  EXPECT_EQ(run(program, {2, kNative, 0, {}}).action, SECCOMP_RET_KILL_PROCESS);
}

TEST(Interpreter, ReadsBothWordsOfAnArgument) {
  const struct seccomp_data call = {0, kNative, 0, {0, 0x1122334455667788}};
  EXPECT_EQ(run({load(argument_offset(1, false)), BPF_STMT(BPF_RET | BPF_A, 0)}, call).action,
            0x55667788u);
  EXPECT_EQ(run({load(argument_offset(1, true)), BPF_STMT(BPF_RET | BPF_A, 0)}, call).action,
            0x11223344u);
}

struct Arithmetic {
  uint16_t operation;
  uint32_t k;
  uint32_t result;  // of 0xf0 OPERATION k
};

TEST(Interpreter, Computes) {
  const Arithmetic rows[] = {
      {BPF_ADD, 0xffffffff, 0xef}, {BPF_SUB, 0xf1, 0xffffffff}, {BPF_MUL, 2, 0x1e0},
      {BPF_DIV, 16, 15},           {BPF_AND, 0x30, 0x30},       {BPF_OR, 0xf, 0xff},
      {BPF_XOR, 0xff, 0xf},        {BPF_LSH, 4, 0xf00},         {BPF_RSH, 4, 0xf}};
  for (const Arithmetic& row : rows) {
    const auto code = static_cast<uint16_t>(BPF_ALU | row.operation | BPF_K);
    const Program program = {BPF_STMT(BPF_LD | BPF_IMM, 0xf0), BPF_STMT(code, row.k),
                             BPF_STMT(BPF_RET | BPF_A, 0)};
    EXPECT_EQ(run(program, {}).action, row.result) << row.operation;
  }
}

TEST(Interpreter, ADivisionByZeroEndsTheProgram) {
  const Program program = {BPF_STMT(BPF_LD | BPF_IMM, 7), BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0),
                           ret(SECCOMP_RET_ALLOW)};
  const Execution ended = run(program, {});
  EXPECT_EQ(ended.action, SECCOMP_RET_KILL_THREAD);
  EXPECT_EQ(ended.steps, 2);
}

TEST(Interpreter, KeepsTheRegisterAndScratchMemory) {
  const Program program = {BPF_STMT(BPF_LD | BPF_IMM, 7),   BPF_STMT(BPF_ST, 3),
                           BPF_STMT(BPF_LDX | BPF_MEM, 3),  BPF_STMT(BPF_LD | BPF_IMM, 1),
                           BPF_STMT(BPF_MISC | BPF_TXA, 0), BPF_STMT(BPF_RET | BPF_A, 0)};
  EXPECT_EQ(run(program, {}).action, 7u);
}

TEST(KernelBitmap, HoldsOnlyWhatIsAllowedWithoutALookAtArguments) {
  const Program program = {load(kNumberOffset),
                           BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 4, 0),
                           BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 2, 4, 0),
                           BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 3, 0, 3),
                           load(argument_offset(0, false)),
                           ret(SECCOMP_RET_ALLOW),
                           ret(SECCOMP_RET_ALLOW),
                           ret(SECCOMP_RET_LOG)};
  EXPECT_TRUE(kernel_caches(program, kNative, 1));
  EXPECT_FALSE(kernel_caches(program, kNative, 2)) << "LOG is not ALLOW";
  EXPECT_FALSE(kernel_caches(program, kNative, 3)) << "looks at an argument";
  EXPECT_FALSE(kernel_caches(program, kNative, 4));
}

TEST(KernelBitmap, NamesTheInstructionThatKeepsACallOut) {
  const Program program = {load(kNumberOffset),
                           BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 3, 0),
                           BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 2, 3, 0),
                           load(argument_offset(0, false)),
                           ret(SECCOMP_RET_TRAP),
                           ret(SECCOMP_RET_ALLOW),
                           ret(SECCOMP_RET_ALLOW | 1)};
  EXPECT_EQ(bitmap_obstacle(program, kNative, 1), std::nullopt);
  EXPECT_EQ(bitmap_obstacle(program, kNative, 2), 6u) << "an ALLOW with data is not cached";
  EXPECT_EQ(bitmap_obstacle(program, kNative, 3), 3u);
  EXPECT_EQ(first_bitmap_obstacle(program), 3u);
  const Program by_number(program.begin() + 4, program.end() - 1);
  EXPECT_EQ(first_bitmap_obstacle(by_number), std::nullopt);
  EXPECT_EQ(first_bitmap_obstacle({ret(SECCOMP_RET_ALLOW | 1)}), 0u);
  EXPECT_EQ(first_bitmap_obstacle({BPF_STMT(BPF_RET | BPF_A, 0)}), 0u);
}

TEST(Listing, NamesNumbersWordsAndActions) {
  const Program program = {load(kArchitectureOffset),
                           BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kNative, 0, 4),
                           load(kNumberOffset),
                           BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 257, 1, 0),
                           load(argument_offset(2, true)),
                           ret(SECCOMP_RET_ALLOW),
                           ret(SECCOMP_RET_ERRNO | 38)};
  EXPECT_EQ(listing(program, Architecture::kX86_64),
            "   0: ld    architecture\n"
            "   1: jeq   0xc000003e (x86_64)             true: 2  false: 6\n"
            "   2: ld    number\n"
            "   3: jge   #257 (openat)                   true: 5  false: 4\n"
            "   4: ld    argument 2 high\n"
            "   5: ret   ALLOW\n"
            "   6: ret   ERRNO(38)\n");
}

}  // namespace
}  // namespace qsbx
