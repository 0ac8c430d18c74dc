// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A place in the program and what the accumulator holds there determine all that follows. Jumps go
// forward only. So one pass forward finds the accumulators that reach each instruction, and one
// pass backward gives each of these states its function: of a return the action, of a jump the
// choice between two functions already known, of anything else the function of its successor.
#include "src/verify/symbolic_execution.h"

#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "src/verify/accumulator.h"

namespace qsbx {
namespace {

using Node = DecisionDiagrams::Node;

// Far beyond the largest program with one accumulator for each word of the call.
constexpr size_t kMaxStates = 1 << 18;

constexpr uint16_t kLoadWord = BPF_LD | BPF_W | BPF_ABS;
constexpr uint16_t kLoadConstant = BPF_LD | BPF_W | BPF_IMM;
constexpr uint16_t kAnd = BPF_ALU | BPF_AND | BPF_K;
constexpr uint16_t kShiftRight = BPF_ALU | BPF_RSH | BPF_K;
constexpr uint16_t kShiftLeft = BPF_ALU | BPF_LSH | BPF_K;
constexpr uint16_t kJump = BPF_JMP | BPF_JA;
constexpr uint16_t kJumpEqual = BPF_JMP | BPF_JEQ | BPF_K;
constexpr uint16_t kJumpGreater = BPF_JMP | BPF_JGT | BPF_K;
constexpr uint16_t kJumpGreaterEqual = BPF_JMP | BPF_JGE | BPF_K;
constexpr uint16_t kJumpSet = BPF_JMP | BPF_JSET | BPF_K;
constexpr uint16_t kReturn = BPF_RET | BPF_K;

}  // namespace

bool is_conditional_jump(const Instruction& instruction) {
  switch (instruction.code) {
    case kJumpEqual:
    case kJumpGreater:
    case kJumpGreaterEqual:
    case kJumpSet:
      return true;
    default:
      return false;
  }
}

Accumulator after(const Instruction& instruction, const Accumulator& accumulator) {
  switch (instruction.code) {
    case kLoadWord:
      return Accumulator::of_word(instruction.k);
    case kLoadConstant:
      return Accumulator::of_constant(instruction.k);
    case kAnd:
      return accumulator.masked(instruction.k);
    case kShiftRight:
      return accumulator.shifted_right(static_cast<int>(instruction.k));
    case kShiftLeft:
      return accumulator.shifted_left(static_cast<int>(instruction.k));
    default:
      return accumulator;
  }
}

Node jump_condition(DecisionDiagrams& diagrams, const Instruction& instruction,
                    const Accumulator& accumulator) {
  switch (instruction.code) {
    case kJumpEqual:
      return accumulator.equals(diagrams, instruction.k);
    case kJumpGreater:
      return accumulator.greater(diagrams, instruction.k);
    case kJumpGreaterEqual:
      return accumulator.greater_or_equal(diagrams, instruction.k);
    default:
      return accumulator.intersects(diagrams, instruction.k);
  }
}

namespace {

bool is_understood(const Instruction& instruction) {
  switch (instruction.code) {
    case kLoadWord:
      return instruction.k % 4 == 0 && instruction.k < sizeof(struct seccomp_data);
    case kShiftRight:
    case kShiftLeft:
      return instruction.k < 32;
    case kLoadConstant:
    case kAnd:
    case kJump:
    case kReturn:
      return true;
    default:
      return is_conditional_jump(instruction);
  }
}

Error not_proven(std::string message) {
  return Error{.code = ErrorCode::kNotProven, .message = std::move(message)};
}

Status check_understood(const Program& program) {
  for (size_t i = 0; i < program.size(); ++i) {
    if (is_understood(program[i])) continue;
    char code[16];
    std::snprintf(code, sizeof code, "0x%02x", program[i].code);
    return not_proven("instruction " + std::to_string(i) + " (opcode " + code +
                      ") cannot be proven; programs may load words, mask and shift them, compare "
                      "them with constants and return constants");
  }
  return Done{};
}

class SymbolicExecution {
 public:
  SymbolicExecution(DecisionDiagrams& diagrams, const Program& program)
      : diagrams_(diagrams), program_(program), states_(program.size()) {}

  // False when there are too many.
  bool find_states();
  Node function();

 private:
  void reach(size_t place, const Accumulator& accumulator);
  Node function_of(size_t place, const Accumulator& accumulator) const;
  Node function_here(size_t place, const Accumulator& accumulator);

  DecisionDiagrams& diagrams_;
  const Program& program_;
  // For each instruction the accumulators it is reached with, and the function from there on.
  std::vector<std::map<Accumulator, Node>> states_;
  size_t count_ = 0;
};

// The kernel starts with 0 in the accumulator.
Accumulator at_start() { return Accumulator::of_constant(0); }

void SymbolicExecution::reach(size_t place, const Accumulator& accumulator) {
  if (states_[place].emplace(accumulator, Node{}).second) ++count_;
}

bool SymbolicExecution::find_states() {
  reach(0, at_start());
  for (size_t place = 0; place < program_.size() && count_ <= kMaxStates; ++place) {
    const Instruction& instruction = program_[place];
    if (instruction.code == kReturn) continue;
    for (const auto& [accumulator, unused] : states_[place]) {
      if (instruction.code == kJump) {
        reach(place + 1 + instruction.k, accumulator);
      } else if (is_conditional_jump(instruction)) {
        reach(place + 1 + instruction.jt, accumulator);
        reach(place + 1 + instruction.jf, accumulator);
      } else {
        reach(place + 1, after(instruction, accumulator));
      }
    }
  }
  return count_ <= kMaxStates;
}

Node SymbolicExecution::function() {
  for (size_t place = program_.size(); place-- > 0;) {
    for (auto& [accumulator, function] : states_[place]) {
      function = function_here(place, accumulator);
    }
    if (diagrams_.overflowed()) break;
  }
  return function_of(0, at_start());
}

Node SymbolicExecution::function_of(size_t place, const Accumulator& accumulator) const {
  return states_[place].at(accumulator);
}

Node SymbolicExecution::function_here(size_t place, const Accumulator& accumulator) {
  const Instruction& instruction = program_[place];
  if (instruction.code == kReturn) return diagrams_.terminal(instruction.k);
  if (instruction.code == kJump) return function_of(place + 1 + instruction.k, accumulator);
  if (!is_conditional_jump(instruction)) {
    return function_of(place + 1, after(instruction, accumulator));
  }
  return diagrams_.if_then_else(jump_condition(diagrams_, instruction, accumulator),
                                function_of(place + 1 + instruction.jt, accumulator),
                                function_of(place + 1 + instruction.jf, accumulator));
}

}  // namespace

Result<Node> diagram_of(DecisionDiagrams& diagrams, const Program& program) {
  if (Status status = check_understood(program); !status) return std::move(status).error();
  SymbolicExecution execution(diagrams, program);
  const bool bounded = execution.find_states();
  const Node function = bounded ? execution.function() : diagrams.falsehood();
  if (!bounded || diagrams.overflowed()) {
    return not_proven("the program is too large to be proven; the policy has to be made simpler");
  }
  return function;
}

}  // namespace qsbx
