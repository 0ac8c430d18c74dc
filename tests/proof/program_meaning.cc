// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The program is walked from its first instruction with terms in its registers. Where a jump can go
// both ways, the answer is the choice between both answers; places that are come to again with the
// same registers have their answer already. Z3 gives equal terms one number, so that registers can
// be compared by it.
#include <map>
#include <utility>

#include "tests/proof/meaning.h"

namespace qsbx {
namespace {

struct Registers {
  z3::expr a;
  z3::expr x;
  std::map<uint32_t, z3::expr> memory;  // what is missing is 0
};

using State = std::pair<size_t, std::vector<unsigned>>;

State state_of(size_t place, const Registers& registers) {
  std::vector<unsigned> terms = {registers.a.id(), registers.x.id()};
  for (const auto& [cell, term] : registers.memory) {
    terms.push_back(cell);
    terms.push_back(term.id());
  }
  return {place, terms};
}

// linux/seccomp.h: number, architecture, instruction pointer, six arguments; little endian.
z3::expr word_at(const SymbolicCall& call, uint32_t offset) {
  if (offset == 0) return call.number;
  if (offset == 4) return call.architecture;
  const z3::expr& field =
      offset < 16 ? call.instruction_pointer : call.arguments[(offset - 16) / 8];
  return offset % 8 == 0 ? field.extract(31, 0).simplify() : field.extract(63, 32).simplify();
}

class Walk {
 public:
  Walk(const Program& program, const SymbolicCall& call)
      : program_(program), call_(call), context_(call.number.ctx()) {}

  z3::expr answer() { return answer_from(0, {number(0), number(0), {}}); }

 private:
  z3::expr number(uint32_t value) const { return context_.bv_val(value, 32); }

  z3::expr answer_from(size_t place, Registers registers);
  z3::expr answer_of_jump(size_t place, const Registers& registers);
  z3::expr answer_of_division(size_t place, const Registers& registers);
  z3::expr choice(const z3::expr& condition, size_t yes, size_t no, const Registers& registers);

  z3::expr operand(const Instruction& instruction, const Registers& registers) const {
    return BPF_SRC(instruction.code) == BPF_X ? registers.x : number(instruction.k);
  }
  z3::expr loaded(const Instruction& instruction, const Registers& registers) const;
  z3::expr computed(const Instruction& instruction, const Registers& registers) const;
  void step(const Instruction& instruction, Registers& registers) const;

  const Program& program_;
  const SymbolicCall& call_;
  z3::context& context_;
  // With the registers, which keep their terms alive, and so the terms' numbers their own.
  std::map<State, std::pair<Registers, z3::expr>> known_;
};

z3::expr Walk::answer_from(size_t place, Registers registers) {
  for (;; ++place) {
    const Instruction& instruction = program_[place];
    const bool division = instruction.code == (BPF_ALU | BPF_DIV | BPF_X);
    if (BPF_CLASS(instruction.code) == BPF_RET) {
      return BPF_RVAL(instruction.code) == BPF_A ? registers.a : number(instruction.k);
    }
    if (instruction.code == (BPF_JMP | BPF_JA)) {
      place += instruction.k;
    } else if (division || BPF_CLASS(instruction.code) == BPF_JMP) {
      const State state = state_of(place, registers);
      if (const auto found = known_.find(state); found != known_.end()) return found->second.second;
      z3::expr answer =
          division ? answer_of_division(place, registers) : answer_of_jump(place, registers);
      known_.emplace(state, std::make_pair(std::move(registers), answer));
      return answer;
    } else {
      step(instruction, registers);
    }
  }
}

z3::expr Walk::answer_of_jump(size_t place, const Registers& registers) {
  const Instruction& instruction = program_[place];
  const z3::expr value = operand(instruction, registers);
  const z3::expr condition = [&] {
    switch (BPF_OP(instruction.code)) {
      case BPF_JEQ:
        return registers.a == value;
      case BPF_JGT:
        return z3::ugt(registers.a, value);
      case BPF_JGE:
        return z3::uge(registers.a, value);
      default:  // BPF_JSET
        return (registers.a & value) != 0;
    }
  }();
  return choice(condition, place + 1 + instruction.jt, place + 1 + instruction.jf, registers);
}

z3::expr Walk::choice(const z3::expr& condition, size_t yes, size_t no,
                      const Registers& registers) {
  const z3::expr decided = condition.simplify();
  if (decided.is_true()) return answer_from(yes, registers);
  if (decided.is_false()) return answer_from(no, registers);
  const z3::expr if_yes = answer_from(yes, registers);
  const z3::expr if_no = answer_from(no, registers);
  return if_yes.id() == if_no.id() ? if_yes : z3::ite(decided, if_yes, if_no);
}

// A program that divides by zero returns 0 at once (net/core/filter.c, bpf_convert_filter()).
z3::expr Walk::answer_of_division(size_t place, const Registers& registers) {
  Registers after = registers;
  after.a = z3::udiv(registers.a, registers.x).simplify();
  return z3::ite(registers.x == 0, number(0), answer_from(place + 1, after));
}

z3::expr Walk::loaded(const Instruction& instruction, const Registers& registers) const {
  switch (BPF_MODE(instruction.code)) {
    case BPF_ABS:
      return word_at(call_, instruction.k);
    case BPF_LEN:
      return number(64);
    case BPF_MEM: {
      const auto found = registers.memory.find(instruction.k);
      return found == registers.memory.end() ? number(0) : found->second;
    }
    default:  // BPF_IMM
      return number(instruction.k);
  }
}

// Shifts by a register go by its low five bits.
z3::expr Walk::computed(const Instruction& instruction, const Registers& registers) const {
  const z3::expr& a = registers.a;
  const z3::expr value = operand(instruction, registers);
  switch (BPF_OP(instruction.code)) {
    case BPF_ADD:
      return a + value;
    case BPF_SUB:
      return a - value;
    case BPF_MUL:
      return a * value;
    case BPF_DIV:
      return z3::udiv(a, value);
    case BPF_AND:
      return a & value;
    case BPF_OR:
      return a | value;
    case BPF_XOR:
      return a ^ value;
    case BPF_LSH:
      return z3::shl(a, value & number(31));
    case BPF_RSH:
      return z3::lshr(a, value & number(31));
    default:  // BPF_NEG
      return -a;
  }
}

void Walk::step(const Instruction& instruction, Registers& registers) const {
  switch (BPF_CLASS(instruction.code)) {
    case BPF_LD:
      registers.a = loaded(instruction, registers);
      break;
    case BPF_LDX:
      registers.x = loaded(instruction, registers);
      break;
    case BPF_ST:
      registers.memory.insert_or_assign(instruction.k, registers.a);
      break;
    case BPF_STX:
      registers.memory.insert_or_assign(instruction.k, registers.x);
      break;
    case BPF_ALU:
      registers.a = computed(instruction, registers).simplify();
      break;
    default:  // BPF_MISC
      if (BPF_MISCOP(instruction.code) == BPF_TAX) {
        registers.x = registers.a;
      } else {
        registers.a = registers.x;
      }
  }
}

}  // namespace

z3::expr meaning(const Program& program, const SymbolicCall& call) {
  return Walk(program, call).answer();
}

}  // namespace qsbx
