// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/bpf/kernel_cost.h"

namespace qsbx {
namespace {

// A and X are zeroed, and the context is saved.
constexpr size_t kPrologue = 3;

// Of what the kernel turns round, so that the false target is jumped to: JSET has no opposite.
bool has_opposite(uint16_t operation) {
  return operation == BPF_JEQ || operation == BPF_JGT || operation == BPF_JGE;
}

size_t length_of_jump(const Instruction& jump) {
  if (BPF_OP(jump.code) == BPF_JA) return 1;
  const bool one_target_is_next = jump.jf == 0 || (jump.jt == 0 && has_opposite(BPF_OP(jump.code)));
  // Immediate values are signed: from 2^31 up one is put into a register first.
  const bool needs_register = BPF_SRC(jump.code) == BPF_K && (jump.k & 0x80000000u) != 0;
  return 1 + (one_target_is_next ? 0 : 1) + (needs_register ? 1 : 0);
}

}  // namespace

size_t converted_instructions(const Instruction& instruction) {
  switch (BPF_CLASS(instruction.code)) {
    case BPF_JMP:
      return length_of_jump(instruction);
    case BPF_RET:  // A is already where the result belongs
      return BPF_RVAL(instruction.code) == BPF_K ? 2 : 1;
    case BPF_ALU:  // a division by a register ends the program where that is 0
      return instruction.code == (BPF_ALU | BPF_DIV | BPF_X) ? 5 : 1;
    default:
      return 1;
  }
}

size_t converted_length(const Program& program) {
  size_t length = kPrologue;
  for (const Instruction& instruction : program) length += converted_instructions(instruction);
  return length;
}

}  // namespace qsbx
