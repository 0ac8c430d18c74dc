// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The function that a program computes: the action it returns for each of the calls there are.
#ifndef QSBX_VERIFY_SYMBOLIC_EXECUTION_H_
#define QSBX_VERIFY_SYMBOLIC_EXECUTION_H_

#include "src/bpf/program.h"
#include "src/errors/result.h"
#include "src/policy/decision_diagram.h"
#include "src/verify/accumulator.h"

namespace qsbx {

// What is made of one instruction, for whoever else follows a program.
bool is_conditional_jump(const Instruction& instruction);
// What is in the accumulator behind an instruction that neither jumps nor returns.
Accumulator after(const Instruction& instruction, const Accumulator& accumulator);
// The calls for which a conditional jump is taken.
DecisionDiagrams::Node jump_condition(DecisionDiagrams& diagrams, const Instruction& instruction,
                                      const Accumulator& accumulator);

// `program` has passed check_program(). ErrorCode::kNotProven, with the instruction's index, for
// instructions that are not understood here: scratch memory, the index register, arithmetic other
// than AND and shifts, computed return values. Also when the function is too large to be written
// down.
Result<DecisionDiagrams::Node> diagram_of(DecisionDiagrams& diagrams, const Program& program);

}  // namespace qsbx

#endif
