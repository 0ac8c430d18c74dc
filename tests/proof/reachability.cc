// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/proof/reachability.h"

#include "src/verify/symbolic_execution.h"

namespace qsbx {

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
  const Node condition = jump_condition(diagrams_, jump, accumulator);
  const Node yes = diagrams_.both(calls, condition);
  const Node no = diagrams_.both(calls, diagrams_.negation(condition));
  jumps_[place] = diagrams_.either(jumps_[place], yes);
  falls_through_[place] = diagrams_.either(falls_through_[place], no);
  go(place + 1 + jump.jt, accumulator, yes);
  go(place + 1 + jump.jf, accumulator, no);
}

}  // namespace qsbx
