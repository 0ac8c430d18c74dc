// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Why this is a proof. A program that loads, masks, shifts, compares and returns is a function of
// the 512 bits of struct seccomp_data and of nothing else, and so is a policy with its actions.
// Both are written down as reduced ordered decision diagrams in one DecisionDiagrams, where each
// function has exactly one node: the nodes are the same if and only if the functions are. Nothing
// is sampled, and nothing of the compiler is used or believed: the left side comes from the
// instructions (symbolic_execution.cc), the right side from the policy's expressions
// (src/policy/algebra.cc).
//
// What has to be believed is these two, the diagrams, and that the kernel runs classic BPF as
// documented. What is not understood is refused.
#include "src/verify/verify.h"

#include "src/bpf/interpreter.h"
#include "src/errors/text.h"
#include "src/policy/algebra.h"
#include "src/verify/symbolic_execution.h"

namespace qsbx {
namespace {

// "openat(dfd=0x0, filename=0x0, flags=0x1, mode=0x0)"; all six registers when the number is
// nobody's.
std::string describe_call(Architecture architecture, const Call& call) {
  const Syscall* known = call.audit_arch == audit_architecture(architecture)
                             ? find_syscall(architecture, call.number)
                             : nullptr;
  std::string text = known ? std::string(known->name)
                           : "call " + hexadecimal(static_cast<uint32_t>(call.number)) +
                                 " of architecture " + hexadecimal(call.audit_arch);
  const size_t count = known ? known->arguments.size() : call.arguments.size();
  text += '(';
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) text += ", ";
    if (known) text += std::string(known->arguments[i].name) + '=';
    text += hexadecimal(call.arguments[i]);
  }
  return text + ')';
}

Error too_large() {
  return Error{.code = ErrorCode::kNotProven,
               .message =
                   "the policy is too large to be proven; conditions that combine masks of "
                   "several arguments are what costs most, write them with fewer bits"};
}

// The answers are those of the interpreter and of the evaluator: a second opinion, should the
// diagrams be wrong.
Error difference_error(const Program& program, const Policy& policy, const Actions& actions,
                       const struct seccomp_data& witness) {
  const Call call = to_call(witness);
  return Error{.code = ErrorCode::kNotProven,
               .message = "program and policy differ: for " +
                          describe_call(policy.architecture(), call) + " the program answers " +
                          action_name(run(program, witness).action) + ", the policy " +
                          action_name(action_of(policy, actions, call)) +
                          "; this is a defect of qsbx, please report it with the profiles used"};
}

}  // namespace

Result<std::optional<struct seccomp_data>> find_difference(const Program& program,
                                                           const Policy& policy,
                                                           const Actions& actions) {
  if (Status status = check_program(program); !status) return std::move(status).error();
  DecisionDiagrams diagrams;
  const DecisionDiagrams::Node wanted = diagram_of(diagrams, policy, actions);
  if (diagrams.overflowed()) return too_large();
  const Result<DecisionDiagrams::Node> computed = diagram_of(diagrams, program);
  if (!computed) return computed.error();
  return diagrams.difference(*computed, wanted);
}

Result<VerifiedProgram> verify(Program program, const Policy& policy, const Actions& actions) {
  const auto difference = find_difference(program, policy, actions);
  if (!difference) return difference.error();
  if (*difference) return difference_error(program, policy, actions, **difference);
  return VerifiedProgram(std::move(program), actions);
}

}  // namespace qsbx
