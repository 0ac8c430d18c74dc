// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/verify/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <type_traits>

#include "src/bpf/interpreter.h"
#include "src/policy/algebra.h"

namespace qsbx {
namespace {

using testing::HasSubstr;

static_assert(!std::is_default_constructible_v<VerifiedProgram>);
static_assert(!std::is_constructible_v<VerifiedProgram, Program>);
static_assert(!std::is_constructible_v<VerifiedProgram, Program, Actions>);

constexpr int kRead = 0, kLseek = 8, kMmap = 9, kDup = 32, kOpenat = 257, kClone3 = 435;
constexpr uint32_t kNative = 0xc000003e;  // AUDIT_ARCH_X86_64
constexpr uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr uint32_t kDeny = SECCOMP_RET_TRAP;
constexpr uint32_t kNoSuchCall = SECCOMP_RET_ERRNO | 38;
constexpr uint32_t kForeign = SECCOMP_RET_KILL_PROCESS;

const Actions kActions = {.deny = kDeny, .refusals_allow = false, .foreign = kForeign};

Operand operand(int argument, uint8_t bits, bool is_signed, uint64_t mask = UINT64_MAX) {
  return {argument, bits, is_signed, mask};
}

// One call for each kind of comparison that a program has to get right.
Policy policy() {
  Policy policy(Architecture::kX86_64);
  const auto grant = [&](int number, const Expression& condition) {
    policy.grant(number, {condition, {"test", "test.profile", number}});
  };
  grant(kRead, Expression::compare(operand(0, 32, false), Comparator::kEqual, 3));
  grant(kLseek, Expression::always());
  grant(kMmap, Expression::compare(operand(1, 64, false), Comparator::kLessEqual, 0x100001000));
  grant(kDup, Expression::compare(operand(0, 32, true), Comparator::kGreater, 0));
  grant(kOpenat, Expression::compare(operand(2, 32, false, 3), Comparator::kEqual, 0));
  EXPECT_TRUE(policy.refuse(kClone3, {38, {"test", "test.profile", 1}}).ok());
  return policy;
}

Instruction load(uint32_t offset) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset); }
Instruction load_argument(int argument, bool high_word) {
  return load(argument_offset(argument, high_word));
}
Instruction answer(uint32_t action) { return BPF_STMT(BPF_RET | BPF_K, action); }
Instruction skip(uint32_t count) { return BPF_STMT(BPF_JMP | BPF_JA, count); }

// Places of the program below.
enum : uint8_t {
  kCheckArchitecture = 1,
  kCheckAbi = 3,
  kNumbers = 4,
  kReadAt = 11,
  kMmapAt = 13,
  kDupAt = 18,
  kOpenatAt = 21,
  kAllowAt = 24,
  kDenyAt = 25,
  kErrnoAt = 26,
  kForeignAt = 27,
};

// Builds a jump from the place the program has reached to places by number.
class Assembler {
 public:
  Assembler& add(const Instruction& instruction) {
    program_.push_back(instruction);
    return *this;
  }
  Assembler& jump(uint16_t operation, uint32_t k, size_t yes, size_t no) {
    const size_t next = program_.size() + 1;
    program_.push_back(BPF_JUMP(static_cast<uint16_t>(BPF_JMP | operation | BPF_K), k,
                                static_cast<uint8_t>(yes - next), static_cast<uint8_t>(no - next)));
    return *this;
  }
  Assembler& is_number(int number, size_t yes) {
    return jump(BPF_JEQ, static_cast<uint32_t>(number), yes, program_.size() + 1);
  }
  Program program() const { return program_; }

 private:
  Program program_;
};

Program right_program() {
  Assembler to;
  to.add(load(kArchitectureOffset)).jump(BPF_JEQ, kNative, 2, kForeignAt);
  to.add(load(kNumberOffset)).jump(BPF_JGE, kX32Bit, kForeignAt, kNumbers);
  to.is_number(kRead, kReadAt).is_number(kLseek, kAllowAt).is_number(kMmap, kMmapAt);
  to.is_number(kDup, kDupAt).is_number(kOpenat, kOpenatAt).is_number(kClone3, kErrnoAt);
  to.add(skip(kDenyAt - 11));
  to.add(load_argument(0, false)).jump(BPF_JEQ, 3, kAllowAt, kDenyAt);
  to.add(load_argument(1, true)).jump(BPF_JGT, 1, kDenyAt, 15).jump(BPF_JEQ, 1, 16, kAllowAt);
  to.add(load_argument(1, false)).jump(BPF_JGT, 0x1000, kDenyAt, kAllowAt);
  to.add(load_argument(0, false)).jump(BPF_JSET, 0x80000000, kDenyAt, 20);
  to.jump(BPF_JGT, 0, kAllowAt, kDenyAt);
  to.add(load_argument(2, false)).add(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 3));
  to.jump(BPF_JEQ, 0, kAllowAt, kDenyAt);
  to.add(answer(kAllow)).add(answer(kDeny)).add(answer(kNoSuchCall)).add(answer(kForeign));
  return to.program();
}

TEST(Verify, AcceptsARightProgramAndKeepsIt) {
  const Program program = right_program();
  const auto verified = verify(program, policy(), kActions);
  ASSERT_TRUE(verified.ok()) << verified.error().message;
  EXPECT_EQ(verified->program().size(), program.size());
  EXPECT_EQ(verified->actions().deny, kDeny);
}

// The same function with shifts instead of masks, in another order, with more loads.
TEST(Verify, AcceptsAnotherProgramForTheSamePolicy) {
  Program program = right_program();
  program[kOpenatAt + 1] = BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 30);
  EXPECT_TRUE(verify(program, policy(), kActions).ok());
  program[kReadAt + 1].code = BPF_JMP | BPF_JEQ | BPF_K;
  program[kDupAt + 1].k = 0x80000000;
  program[kDupAt + 2] =
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 1, kAllowAt - kDupAt - 3, kDenyAt - kDupAt - 3);
  EXPECT_TRUE(verify(program, policy(), kActions).ok());
}

TEST(Verify, ActionsArePartOfThePolicy) {
  Actions actions = kActions;
  actions.foreign = kDeny;
  EXPECT_FALSE(verify(right_program(), policy(), actions).ok());
  actions = kActions;
  actions.refusals_allow = true;
  EXPECT_FALSE(verify(right_program(), policy(), actions).ok());
}

struct Fault {
  const char* name;
  std::function<void(Program&)> seed;
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

class SeededFault : public testing::TestWithParam<Fault> {};

TEST_P(SeededFault, IsFoundWithACallThatShowsIt) {
  Program program = right_program();
  GetParam().seed(program);
  const auto witness = find_difference(program, policy(), kActions);
  ASSERT_TRUE(witness.ok()) << witness.error().message;
  ASSERT_TRUE(witness->has_value());
  EXPECT_NE(run(program, **witness).action, action_of(policy(), kActions, to_call(**witness)));
  const auto verified = verify(program, policy(), kActions);
  ASSERT_FALSE(verified.ok());
  EXPECT_EQ(verified.error().code, ErrorCode::kNotProven);
  EXPECT_THAT(verified.error().message, HasSubstr("program and policy differ: for "));
}

void swap_branches(Instruction& jump) { std::swap(jump.jt, jump.jf); }

// A 32-bit argument whose high half is asked for as well, in code added behind the returns.
void compare_all_64_bits(Program& program) {
  program[kNumbers].jt = static_cast<uint8_t>(program.size() - kNumbers - 1);
  const Program wide = {load_argument(0, true),  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3),
                        load_argument(0, false), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 3, 0, 1),
                        answer(kAllow),          answer(kDeny)};
  program.insert(program.end(), wide.begin(), wide.end());
}

const Fault kFaults[] = {
    {"SwappedBranches", [](Program& p) { swap_branches(p[kReadAt + 1]); }},
    {"SwappedMaskBranches", [](Program& p) { swap_branches(p[kOpenatAt + 2]); }},
    {"ConstantOneTooLow", [](Program& p) { --p[kMmapAt + 4].k; }},
    {"ConstantOneTooHigh", [](Program& p) { ++p[kMmapAt + 4].k; }},
    {"HighConstantOneTooHigh", [](Program& p) { ++p[kMmapAt + 1].k; }},
    {"NumberOffByOne", [](Program& p) { ++p[kNumbers + 1].k; }},
    {"HighWordNotChecked", [](Program& p) { p[kMmapAt + 1] = p[kMmapAt + 2] = skip(0); }},
    {"HighWordEqualityNotChecked", [](Program& p) { p[kMmapAt + 2] = skip(0); }},
    {"WordsExchanged", [](Program& p) { std::swap(p[kMmapAt].k, p[kMmapAt + 3].k); }},
    {"DenialAllows", [](Program& p) { p[kDenyAt].k = kAllow; }},
    {"WrongErrno", [](Program& p) { p[kErrnoAt].k ^= 1; }},
    {"GrantWithData", [](Program& p) { p[kAllowAt].k |= 1; }},
    {"ArchitectureNotChecked", [](Program& p) { p[kCheckArchitecture] = skip(0); }},
    {"X32LetThrough", [](Program& p) { p[kCheckAbi] = skip(0); }},
    {"X32BitIgnored",
     [](Program& p) { p[kCheckAbi] = BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~kX32Bit); }},
    {"OnlyTheX32BitTested",
     [](Program& p) {
       p[kCheckAbi].code = BPF_JMP | BPF_JSET | BPF_K;  // 0x80000000 has it clear
     }},
    {"SignIgnored", [](Program& p) { p[kDupAt + 1] = skip(0); }},
    {"MaskTooWide", [](Program& p) { p[kOpenatAt + 1].k = 7; }},
    {"MaskTooNarrow", [](Program& p) { p[kOpenatAt + 1].k = 1; }},
    {"MaskForgotten", [](Program& p) { p[kOpenatAt + 1] = skip(0); }},
    {"WrongArgument", [](Program& p) { p[kReadAt] = load_argument(1, false); }},
    {"InstructionPointerConsulted", [](Program& p) { p[kReadAt] = load(8); }},
    {"All64BitsCompared", compare_all_64_bits},
};

INSTANTIATE_TEST_SUITE_P(Verify, SeededFault, testing::ValuesIn(kFaults),
                         [](const auto& fault) { return std::string(fault.param.name); });

TEST(Verify, TheMessageNamesTheCallAndBothAnswers) {
  Program program = right_program();
  ++program[kReadAt + 1].k;
  const auto verified = verify(program, policy(), kActions);
  ASSERT_FALSE(verified.ok());
  EXPECT_THAT(verified.error().message, HasSubstr("for read(fd=0x3, "));
  EXPECT_THAT(verified.error().message, HasSubstr("the program answers TRAP"));
  EXPECT_THAT(verified.error().message, HasSubstr("the policy ALLOW"));
}

TEST(Verify, TheMessageNamesForeignCallsByNumber) {
  Program program = right_program();
  program[kCheckArchitecture] = skip(0);
  const auto verified = verify(program, policy(), kActions);
  ASSERT_FALSE(verified.ok());
  EXPECT_THAT(verified.error().message, HasSubstr("for call 0x0 of architecture 0x0("));
}

TEST(Verify, RefusesWhatTheKernelRefuses) {
  for (const Program& program :
       {Program{}, Program{load(kNumberOffset)}, Program{load(2), answer(kDeny)},
        Program{skip(7), answer(kDeny)}}) {
    const auto verified = verify(program, policy(), kActions);
    ASSERT_FALSE(verified.ok());
    EXPECT_EQ(verified.error().code, ErrorCode::kProgram);
  }
}

// Even where it is never reached.
TEST(Verify, RefusesToReadScratchMemoryThatNothingWrote) {
  for (const uint16_t load : {BPF_LD | BPF_MEM, BPF_LDX | BPF_MEM}) {
    Program program = right_program();
    program.push_back(BPF_STMT(load, 0));
    program.push_back(answer(kDeny));
    const auto verified = verify(program, policy(), kActions);
    ASSERT_FALSE(verified.ok()) << load;
    EXPECT_EQ(verified.error().code, ErrorCode::kProgram);
  }
}

TEST(Verify, RefusesInstructionsItDoesNotUnderstand) {
  const Instruction strange[] = {
      BPF_STMT(BPF_ST, 0),
      BPF_STMT(BPF_STX, 0),
      BPF_STMT(BPF_LDX | BPF_IMM, 1),
      BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
      BPF_STMT(BPF_MISC | BPF_TAX, 0),
      BPF_STMT(BPF_MISC | BPF_TXA, 0),
      BPF_STMT(BPF_RET | BPF_A, 0),
      BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_X, 0),
      BPF_STMT(BPF_ALU | BPF_NEG, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 0),
  };
  for (const Instruction& instruction : strange) {
    Program program = right_program();
    const size_t at = program.size();
    program.push_back(instruction);
    program.push_back(answer(kDeny));
    const auto verified = verify(program, policy(), kActions);
    ASSERT_FALSE(verified.ok()) << instruction.code;
    EXPECT_EQ(verified.error().code, ErrorCode::kNotProven);
    EXPECT_THAT(verified.error().message, HasSubstr("instruction " + std::to_string(at) + " "));
  }
}

// Two to the power of 32 accumulators: each round clears one more bit, or not.
TEST(Verify, RefusesAProgramWithTooManyStates) {
  Program program = {load(kNumberOffset)};
  for (int i = 0; i < 32; ++i) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1U << i, 0, 1));
    program.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~(1U << (31 - i))));
  }
  program.push_back(answer(kDeny));
  const auto verified = verify(program, policy(), kActions);
  ASSERT_FALSE(verified.ok());
  EXPECT_EQ(verified.error().code, ErrorCode::kNotProven);
  EXPECT_THAT(verified.error().message, HasSubstr("too large"));
}

// Pairs of bits of two arguments: two to the power of 32 nodes in the diagram's order.
TEST(Verify, RefusesAPolicyTooLargeToDecide) {
  std::vector<Expression> pairs;
  for (int i = 0; i < 32; ++i) {
    const uint64_t bit = uint64_t{1} << i;
    const auto set = [&](int argument) {
      return Expression::compare(operand(argument, 32, false, bit), Comparator::kEqual, bit);
    };
    pairs.push_back(Expression::all_of({set(0), set(3)}));
  }
  Policy large(Architecture::kX86_64);
  large.grant(kMmap, {Expression::any_of(pairs), {}});
  const auto verified = verify(right_program(), large, kActions);
  ASSERT_FALSE(verified.ok());
  EXPECT_EQ(verified.error().code, ErrorCode::kNotProven);
  EXPECT_THAT(verified.error().message, HasSubstr("too large"));
}

// The program's side alone: both words of many arguments told apart, in the wrong order.
TEST(Verify, RefusesAProgramTooLargeToDecide) {
  Program program;
  for (int i = 0; i < 32; ++i) {
    const uint32_t bit = 1U << i;
    program.push_back(load_argument(0, false));
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bit, 0, 3));
    program.push_back(load_argument(3, false));
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bit, 0, 1));
    program.push_back(answer(kAllow));
  }
  program.push_back(answer(kDeny));
  const auto verified = verify(program, policy(), kActions);
  ASSERT_FALSE(verified.ok());
  EXPECT_EQ(verified.error().code, ErrorCode::kNotProven);
  EXPECT_THAT(verified.error().message, HasSubstr("too large"));
}

}  // namespace
}  // namespace qsbx
