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

#include <cinttypes>
#include <cstdio>

#include "src/bpf/interpreter.h"
#include "src/policy/algebra.h"
#include "src/verify/symbolic_execution.h"

namespace qsbx {
namespace {

std::string hexadecimal(uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%" PRIx64, value);
  return text;
}

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

Error difference_error(const DecisionDiagrams& diagrams, DecisionDiagrams::Node computed,
                       DecisionDiagrams::Node wanted, Architecture architecture) {
  const struct seccomp_data witness = *diagrams.difference(computed, wanted);
  return Error{.code = ErrorCode::kNotProven,
               .message = "program and policy differ: for " +
                          describe_call(architecture, to_call(witness)) + " the program answers " +
                          action_name(diagrams.evaluate(computed, witness)) + ", the policy " +
                          action_name(diagrams.evaluate(wanted, witness)) +
                          "; this is a defect of qsbx, please report it with the profiles used"};
}

}  // namespace

Result<VerifiedProgram> verify(Program program, const Policy& policy, const Actions& actions) {
  if (Status status = check_program(program); !status) return std::move(status).error();
  DecisionDiagrams diagrams;
  const DecisionDiagrams::Node wanted = diagram_of(diagrams, policy, actions);
  if (diagrams.overflowed()) {
    return Error{.code = ErrorCode::kNotProven,
                 .message =
                     "the policy is too large to be proven; conditions that combine masks of "
                     "several arguments are what costs most, write them with fewer bits"};
  }
  const Result<DecisionDiagrams::Node> computed = diagram_of(diagrams, program);
  if (!computed) return computed.error();
  if (*computed != wanted) {
    return difference_error(diagrams, *computed, wanted, policy.architecture());
  }
  return VerifiedProgram(std::move(program), actions);
}

}  // namespace qsbx
