// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/bpf/interpreter.h"

#include <array>
#include <cstring>
#include <set>

namespace qsbx {
namespace {

const std::set<uint16_t>& opcodes_the_kernel_takes() {
  static const std::set<uint16_t> codes = {BPF_LD | BPF_W | BPF_ABS,
                                           BPF_LD | BPF_W | BPF_LEN,
                                           BPF_LDX | BPF_W | BPF_LEN,
                                           BPF_RET | BPF_K,
                                           BPF_RET | BPF_A,
                                           BPF_ALU | BPF_ADD | BPF_K,
                                           BPF_ALU | BPF_ADD | BPF_X,
                                           BPF_ALU | BPF_SUB | BPF_K,
                                           BPF_ALU | BPF_SUB | BPF_X,
                                           BPF_ALU | BPF_MUL | BPF_K,
                                           BPF_ALU | BPF_MUL | BPF_X,
                                           BPF_ALU | BPF_DIV | BPF_K,
                                           BPF_ALU | BPF_DIV | BPF_X,
                                           BPF_ALU | BPF_AND | BPF_K,
                                           BPF_ALU | BPF_AND | BPF_X,
                                           BPF_ALU | BPF_OR | BPF_K,
                                           BPF_ALU | BPF_OR | BPF_X,
                                           BPF_ALU | BPF_XOR | BPF_K,
                                           BPF_ALU | BPF_XOR | BPF_X,
                                           BPF_ALU | BPF_LSH | BPF_K,
                                           BPF_ALU | BPF_LSH | BPF_X,
                                           BPF_ALU | BPF_RSH | BPF_K,
                                           BPF_ALU | BPF_RSH | BPF_X,
                                           BPF_ALU | BPF_NEG,
                                           BPF_LD | BPF_IMM,
                                           BPF_LDX | BPF_IMM,
                                           BPF_MISC | BPF_TAX,
                                           BPF_MISC | BPF_TXA,
                                           BPF_LD | BPF_MEM,
                                           BPF_LDX | BPF_MEM,
                                           BPF_ST,
                                           BPF_STX,
                                           BPF_JMP | BPF_JA,
                                           BPF_JMP | BPF_JEQ | BPF_K,
                                           BPF_JMP | BPF_JEQ | BPF_X,
                                           BPF_JMP | BPF_JGE | BPF_K,
                                           BPF_JMP | BPF_JGE | BPF_X,
                                           BPF_JMP | BPF_JGT | BPF_K,
                                           BPF_JMP | BPF_JGT | BPF_X,
                                           BPF_JMP | BPF_JSET | BPF_K,
                                           BPF_JMP | BPF_JSET | BPF_X};
  return codes;
}

bool uses_scratch_memory(uint16_t code) {
  return code == (BPF_LD | BPF_MEM) || code == (BPF_LDX | BPF_MEM) || code == BPF_ST ||
         code == BPF_STX;
}

Error rejected(size_t index, const std::string& why) {
  return Error{ErrorCode::kProgram, "instruction " + std::to_string(index) + " " + why};
}

Status check_jump(const Program& program, size_t index) {
  const Instruction& instruction = program[index];
  const uint64_t room = program.size() - index - 1;
  const bool unconditional = BPF_OP(instruction.code) == BPF_JA;
  const bool inside =
      unconditional ? instruction.k < room : instruction.jt < room && instruction.jf < room;
  if (!inside) return rejected(index, "jumps past the end");
  return Done{};
}

Status check_instruction(const Program& program, size_t index) {
  const Instruction& instruction = program[index];
  if (!opcodes_the_kernel_takes().contains(instruction.code)) {
    return rejected(index, "has an opcode that seccomp does not take");
  }
  if (instruction.code == (BPF_LD | BPF_W | BPF_ABS) &&
      (instruction.k >= sizeof(struct seccomp_data) || instruction.k % 4 != 0)) {
    return rejected(index, "loads from outside of struct seccomp_data, or unaligned");
  }
  if (uses_scratch_memory(instruction.code) && instruction.k >= BPF_MEMWORDS) {
    return rejected(index, "uses scratch memory that is not there");
  }
  const uint16_t operation = BPF_OP(instruction.code);
  if (instruction.code == (BPF_ALU | BPF_DIV | BPF_K) && instruction.k == 0) {
    return rejected(index, "divides by zero");
  }
  if (BPF_CLASS(instruction.code) == BPF_ALU && BPF_SRC(instruction.code) == BPF_K &&
      (operation == BPF_LSH || operation == BPF_RSH) && instruction.k >= 32) {
    return rejected(index, "shifts by more than a word");
  }
  if (BPF_CLASS(instruction.code) == BPF_JMP) return check_jump(program, index);
  return Done{};
}

// As check_load_and_stores() of net/core/filter.c: no path may read a cell that it has not written.
// What stands behind a return counts as a path.
Status check_scratch_memory(const Program& program) {
  constexpr uint32_t kAll = (1U << BPF_MEMWORDS) - 1;
  std::vector<uint32_t> written(program.size(), kAll);
  uint32_t now = 0;
  for (size_t i = 0; i < program.size(); i++) {
    const Instruction& instruction = program[i];
    now &= written[i];
    if (instruction.code == BPF_ST || instruction.code == BPF_STX) {
      now |= 1U << instruction.k;
    } else if (uses_scratch_memory(instruction.code) && (now >> instruction.k & 1) == 0) {
      return rejected(i, "reads scratch memory that may not have been written");
    } else if (BPF_CLASS(instruction.code) == BPF_JMP) {
      const bool unconditional = BPF_OP(instruction.code) == BPF_JA;
      written[i + 1 + (unconditional ? instruction.k : instruction.jt)] &= now;
      written[i + 1 + (unconditional ? instruction.k : instruction.jf)] &= now;
      now = kAll;
    }
  }
  return Done{};
}

class Machine {
 public:
  Machine(const Program& program, const struct seccomp_data& call)
      : program_(program), call_(call) {}

  // `visit` is told the place of each instruction that is executed.
  template <typename Visit>
  Execution run(const Visit& visit) {
    for (size_t at = 0, steps = 1;; steps++) {
      visit(at);
      const Instruction& instruction = program_[at];
      if (BPF_CLASS(instruction.code) == BPF_RET) {
        return {returned(instruction), static_cast<int>(steps)};
      }
      if (divides_by_zero(instruction)) return {0, static_cast<int>(steps)};
      at += 1 + (BPF_CLASS(instruction.code) == BPF_JMP ? jump(instruction) : execute(instruction));
    }
  }

 private:
  uint32_t returned(const Instruction& instruction) const {
    return BPF_RVAL(instruction.code) == BPF_A ? a_ : instruction.k;
  }

  // The kernel ends a program there with 0, KILL_THREAD (net/core/filter.c, bpf_convert_filter()).
  bool divides_by_zero(const Instruction& instruction) const {
    return instruction.code == (BPF_ALU | BPF_DIV | BPF_X) && x_ == 0;
  }

  uint32_t operand(const Instruction& instruction) const {
    return BPF_SRC(instruction.code) == BPF_X ? x_ : instruction.k;
  }

  uint32_t word(uint32_t offset) const {
    uint32_t value;
    memcpy(&value, reinterpret_cast<const char*>(&call_) + offset, sizeof value);
    return value;
  }

  uint32_t jump(const Instruction& instruction) const {
    const uint32_t value = operand(instruction);
    switch (BPF_OP(instruction.code)) {
      case BPF_JEQ:
        return a_ == value ? instruction.jt : instruction.jf;
      case BPF_JGT:
        return a_ > value ? instruction.jt : instruction.jf;
      case BPF_JGE:
        return a_ >= value ? instruction.jt : instruction.jf;
      case BPF_JSET:
        return (a_ & value) != 0 ? instruction.jt : instruction.jf;
      default:  // BPF_JA
        return instruction.k;
    }
  }

  // 0, so that the next instruction follows.
  uint32_t execute(const Instruction& instruction) {
    switch (BPF_CLASS(instruction.code)) {
      case BPF_LD:
        a_ = loaded(instruction);
        break;
      case BPF_LDX:
        x_ = loaded(instruction);
        break;
      case BPF_ST:
        memory_[instruction.k] = a_;
        break;
      case BPF_STX:
        memory_[instruction.k] = x_;
        break;
      case BPF_ALU:
        a_ = computed(instruction);
        break;
      default:  // BPF_MISC
        if (BPF_MISCOP(instruction.code) == BPF_TAX) {
          x_ = a_;
        } else {
          a_ = x_;
        }
    }
    return 0;
  }

  uint32_t loaded(const Instruction& instruction) const {
    switch (BPF_MODE(instruction.code)) {
      case BPF_ABS:
        return word(instruction.k);
      case BPF_MEM:
        return memory_[instruction.k];
      case BPF_LEN:
        return sizeof(struct seccomp_data);
      default:  // BPF_IMM
        return instruction.k;
    }
  }

  // Shifts by a register use its low five bits, as in the kernel's eBPF. A program that divides by
  // zero has ended before.
  uint32_t computed(const Instruction& instruction) const {
    const uint32_t value = operand(instruction);
    switch (BPF_OP(instruction.code)) {
      case BPF_ADD:
        return a_ + value;
      case BPF_SUB:
        return a_ - value;
      case BPF_MUL:
        return a_ * value;
      case BPF_DIV:
        return value == 0 ? 0 : a_ / value;
      case BPF_AND:
        return a_ & value;
      case BPF_OR:
        return a_ | value;
      case BPF_XOR:
        return a_ ^ value;
      case BPF_LSH:
        return a_ << (value & 31);
      case BPF_RSH:
        return a_ >> (value & 31);
      default:  // BPF_NEG
        return -a_;
    }
  }

  const Program& program_;
  const struct seccomp_data& call_;
  uint32_t a_ = 0;
  uint32_t x_ = 0;
  std::array<uint32_t, BPF_MEMWORDS> memory_ = {};
};

}  // namespace

Status check_program(const Program& program) {
  if (program.empty()) return Error{ErrorCode::kProgram, "the program is empty"};
  if (program.size() > BPF_MAXINSNS) {
    return Error{ErrorCode::kProgram, "the program has " + std::to_string(program.size()) +
                                          " instructions; the kernel takes " +
                                          std::to_string(BPF_MAXINSNS)};
  }
  for (size_t i = 0; i < program.size(); i++) {
    if (Status status = check_instruction(program, i); !status) return status;
  }
  if (BPF_CLASS(program.back().code) != BPF_RET) {
    return rejected(program.size() - 1, "is the last one and no return");
  }
  return check_scratch_memory(program);
}

Execution run(const Program& program, const struct seccomp_data& call) {
  return Machine(program, call).run([](size_t) {});
}

std::vector<size_t> executed(const Program& program, const struct seccomp_data& call) {
  std::vector<size_t> places;
  Machine(program, call).run([&](size_t place) { places.push_back(place); });
  return places;
}

}  // namespace qsbx
