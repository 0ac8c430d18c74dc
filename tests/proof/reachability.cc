// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/proof/reachability.h"

#include <cstring>

namespace qsbx {
namespace {

using Node = DecisionDiagrams::Node;

Accumulator after(const Instruction& instruction, const Accumulator& accumulator) {
  const int count = static_cast<int>(instruction.k);
  switch (instruction.code) {
    case BPF_LD | BPF_W | BPF_ABS:
      return Accumulator::of_word(instruction.k);
    case BPF_LD | BPF_IMM:
      return Accumulator::of_constant(instruction.k);
    case BPF_ALU | BPF_AND | BPF_K:
      return accumulator.masked(instruction.k);
    case BPF_ALU | BPF_RSH | BPF_K:
      return accumulator.shifted_right(count);
    default:  // BPF_ALU | BPF_LSH | BPF_K
      return accumulator.shifted_left(count);
  }
}

Node condition_of(DecisionDiagrams& diagrams, const Instruction& jump,
                  const Accumulator& accumulator) {
  switch (BPF_OP(jump.code)) {
    case BPF_JEQ:
      return accumulator.equals(diagrams, jump.k);
    case BPF_JGT:
      return accumulator.greater(diagrams, jump.k);
    case BPF_JGE:
      return accumulator.greater_or_equal(diagrams, jump.k);
    default:  // BPF_JSET
      return accumulator.intersects(diagrams, jump.k);
  }
}

uint32_t after(const Instruction& instruction, uint32_t a, const struct seccomp_data& call) {
  switch (instruction.code) {
    case BPF_LD | BPF_W | BPF_ABS:
      memcpy(&a, reinterpret_cast<const char*>(&call) + instruction.k, sizeof a);
      return a;
    case BPF_LD | BPF_IMM:
      return instruction.k;
    case BPF_ALU | BPF_AND | BPF_K:
      return a & instruction.k;
    case BPF_ALU | BPF_RSH | BPF_K:
      return a >> instruction.k;
    default:  // BPF_ALU | BPF_LSH | BPF_K
      return a << instruction.k;
  }
}

bool jumps(const Instruction& jump, uint32_t a) {
  switch (BPF_OP(jump.code)) {
    case BPF_JEQ:
      return a == jump.k;
    case BPF_JGT:
      return a > jump.k;
    case BPF_JGE:
      return a >= jump.k;
    default:  // BPF_JSET
      return (a & jump.k) != 0;
  }
}

}  // namespace

bool is_conditional_jump(const Instruction& instruction) {
  return BPF_CLASS(instruction.code) == BPF_JMP && BPF_OP(instruction.code) != BPF_JA;
}

Reachability::Reachability(const Program& program)
    : program_(program),
      states_(program.size()),
      reached_(program.size(), diagrams_.falsehood()),
      jumps_(reached_),
      falls_through_(reached_) {
  go(0, Accumulator::of_constant(0), diagrams_.truth());
  for (size_t place = 0; place < program.size() && !overflowed(); ++place) {
    for (const auto& [accumulator, calls] : states_[place]) {
      reached_[place] = diagrams_.either(reached_[place], calls);
      leave(place, accumulator, calls);
    }
  }
}

void Reachability::go(size_t place, const Accumulator& accumulator, Node calls) {
  if (calls == diagrams_.falsehood()) return;
  const auto [state, is_new] = states_[place].emplace(accumulator, calls);
  if (!is_new) state->second = diagrams_.either(state->second, calls);
}

void Reachability::leave(size_t place, const Accumulator& accumulator, Node calls) {
  const Instruction& instruction = program_[place];
  if (BPF_CLASS(instruction.code) == BPF_RET) return;
  if (is_conditional_jump(instruction)) {
    branch(place, accumulator, calls);
  } else if (BPF_CLASS(instruction.code) == BPF_JMP) {
    go(place + 1 + instruction.k, accumulator, calls);
  } else {
    go(place + 1, after(instruction, accumulator), calls);
  }
}

void Reachability::branch(size_t place, const Accumulator& accumulator, Node calls) {
  const Instruction& jump = program_[place];
  const Node condition = condition_of(diagrams_, jump, accumulator);
  const Node yes = diagrams_.both(calls, condition);
  const Node no = diagrams_.both(calls, diagrams_.negation(condition));
  jumps_[place] = diagrams_.either(jumps_[place], yes);
  falls_through_[place] = diagrams_.either(falls_through_[place], no);
  go(place + 1 + jump.jt, accumulator, yes);
  go(place + 1 + jump.jf, accumulator, no);
}

std::vector<size_t> path_of(const Program& program, const struct seccomp_data& call) {
  std::vector<size_t> path;
  uint32_t a = 0;
  for (size_t place = 0;; ++place) {
    const Instruction& instruction = program[place];
    path.push_back(place);
    if (BPF_CLASS(instruction.code) == BPF_RET) return path;
    if (is_conditional_jump(instruction)) {
      place += jumps(instruction, a) ? instruction.jt : instruction.jf;
    } else if (BPF_CLASS(instruction.code) == BPF_JMP) {
      place += instruction.k;
    } else {
      a = after(instruction, a, call);
    }
  }
}

}  // namespace qsbx
