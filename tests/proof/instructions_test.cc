// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Interpreter, Z3's encoding and the kernel agree on every instruction that the kernel takes, those
// included that no compiler of ours uses.
#include <gtest/gtest.h>

#include <iostream>

#include "src/bpf/interpreter.h"
#include "tests/proof/live_kernel.h"
#include "tests/proof/meaning.h"
#include "tests/support/random_policy.h"

namespace qsbx {
namespace {

using testing::Random;

constexpr int kNumber = 400;
constexpr uint32_t kWords[] = {0,  1,  2,          3,          7,          30,         31,
                               32, 33, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff};

constexpr uint16_t kArithmetic[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_AND,
                                    BPF_OR,  BPF_XOR, BPF_LSH, BPF_RSH, BPF_NEG};
constexpr uint16_t kJumps[] = {BPF_JA, BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET};

uint64_t below(Random& random, uint64_t end) { return random() % end; }

uint32_t some_word(Random& random) {
  return below(random, 4) == 0 ? static_cast<uint32_t>(random())
                               : kWords[below(random, std::size(kWords))];
}

Instruction some_load(Random& random) {
  switch (below(random, 8)) {
    case 0:
      return BPF_STMT(BPF_LD | BPF_IMM, some_word(random));
    case 1:
      return BPF_STMT(BPF_LDX | BPF_IMM, some_word(random));
    case 2:
      return BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0);
    case 3:
      return BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0);
    default:
      return BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                      static_cast<uint32_t>(kArgumentsOffset + 4 * below(random, 12)));
  }
}

// Cells that some_program() has written.
Instruction some_move(Random& random) {
  const uint32_t cell = static_cast<uint32_t>(below(random, 3) * 7);
  const uint16_t codes[] = {
      BPF_ST, BPF_STX, BPF_LD | BPF_MEM, BPF_LDX | BPF_MEM, BPF_MISC | BPF_TAX, BPF_MISC | BPF_TXA};
  const uint16_t code = codes[below(random, std::size(codes))];
  return BPF_STMT(code, BPF_CLASS(code) == BPF_MISC ? 0 : cell);
}

Instruction some_arithmetic(Random& random) {
  const uint16_t operation = kArithmetic[below(random, std::size(kArithmetic))];
  const bool by_register = operation != BPF_NEG && below(random, 2) == 0;
  Instruction instruction =
      BPF_STMT(static_cast<uint16_t>(BPF_ALU | operation | (by_register ? BPF_X : BPF_K)),
               some_word(random));
  if (operation == BPF_LSH || operation == BPF_RSH) instruction.k %= 32;
  if (operation == BPF_DIV && instruction.k == 0) instruction.k = 3;
  return instruction;
}

Instruction some_jump(Random& random, size_t room) {
  const uint16_t operation = kJumps[below(random, std::size(kJumps))];
  if (operation == BPF_JA) {
    return BPF_STMT(BPF_JMP | BPF_JA, static_cast<uint32_t>(below(random, room)));
  }
  const uint16_t source = below(random, 2) == 0 ? BPF_X : BPF_K;
  return BPF_JUMP(static_cast<uint16_t>(BPF_JMP | operation | source), some_word(random),
                  static_cast<uint8_t>(below(random, room)),
                  static_cast<uint8_t>(below(random, room)));
}

// Whatever it computes, eleven bits of it come out as an errno.
Program some_program(Random& random) {
  constexpr size_t kLength = 24;
  Program program = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kNumberOffset),
                     BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kNumber, 1, 0),
                     BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
                     BPF_STMT(BPF_LDX | BPF_IMM, some_word(random)),
                     BPF_STMT(BPF_ST, 0),
                     BPF_STMT(BPF_STX, 7),
                     BPF_STMT(BPF_ST, 14)};
  for (size_t i = 0; i < kLength; ++i) {
    const uint64_t kind = below(random, 6);
    program.push_back(kind == 0   ? some_jump(random, std::min<size_t>(kLength - i, 4))
                      : kind == 1 ? some_load(random)
                      : kind == 2 ? some_move(random)
                                  : some_arithmetic(random));
  }
  program.push_back(
      BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, static_cast<uint32_t>(11 * below(random, 3))));
  program.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x7ff));
  program.push_back(BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO));
  program.push_back(BPF_STMT(BPF_RET | BPF_A, 0));
  return program;
}

struct seccomp_data some_call(Random& random) {
  struct seccomp_data call = {kNumber, audit_architecture(native_architecture()), 0, {}};
  for (auto& argument : call.args) {
    argument = some_word(random) | static_cast<uint64_t>(some_word(random)) << 32;
  }
  return call;
}

uint32_t answer_of_z3(z3::context& context, const Program& program,
                      const struct seccomp_data& data) {
  SymbolicCall call = with_number(any_call(context), data.arch, static_cast<uint32_t>(data.nr));
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    call.arguments[i] = context.bv_val(static_cast<uint64_t>(data.args[i]), 64);
  }
  return static_cast<uint32_t>(meaning(program, call).simplify().get_numeral_uint64());
}

// An allowed call fails with ENOSYS as well.
uint32_t as_seen(uint32_t action) {
  return action == (SECCOMP_RET_ERRNO | 38) ? SECCOMP_RET_ALLOW : action;
}

TEST(Instructions, MeanTheSameToInterpreterZ3AndKernel) {
  Random random(testing::test_seed());
  int calls_made = 0;
  for (int round = 0; round < 1000; ++round) {
    const Program program = some_program(random);
    ASSERT_TRUE(check_program(program).ok());
    z3::context context;
    std::vector<struct seccomp_data> calls;
    for (int i = 0; i < 30; ++i) {
      const struct seccomp_data call = some_call(random);
      const uint32_t action = run(program, call).action;
      ASSERT_EQ(answer_of_z3(context, program, call), action)
          << listing(program, native_architecture());
      if (action != SECCOMP_RET_KILL_THREAD) calls.push_back(call);
    }
    const std::vector<uint32_t> answers = answers_of_kernel(program, calls);
    for (size_t i = 0; i < calls.size(); ++i) {
      ASSERT_EQ(answers[i], as_seen(run(program, calls[i]).action))
          << listing(program, native_architecture());
    }
    calls_made += static_cast<int>(calls.size());
  }
  std::cout << calls_made << " calls made\n";
  EXPECT_GT(calls_made, 10'000);
}

TEST(Instructions, ADivisionByZeroEndsTheProgramWithZero) {
  const Program program = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kNumberOffset),
                           BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kNumber, 1, 0),
                           BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
                           BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0),
                           BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 7)};
  const struct seccomp_data call = {kNumber, audit_architecture(native_architecture()), 0, {}};
  EXPECT_EQ(answers_of_kernel(program, {call}).front(), SECCOMP_RET_KILL_PROCESS);
  EXPECT_EQ(run(program, call).action, SECCOMP_RET_KILL_THREAD);
  z3::context context;
  EXPECT_EQ(answer_of_z3(context, program, call), SECCOMP_RET_KILL_THREAD);
}

}  // namespace
}  // namespace qsbx
