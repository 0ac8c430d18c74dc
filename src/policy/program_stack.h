// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What programs do that are in force at once, one put on top of the other: the kernel runs all of
// them for every call and follows the strictest answer. So a later program can only tighten, and
// what it grants beyond the earlier ones is granted in vain.
//
// Programs are functions in decision diagrams, of policies (algebra.h) as of instructions
// (src/verify), so all that is said here holds for every call there is.
#ifndef QSBX_POLICY_PROGRAM_STACK_H_
#define QSBX_POLICY_PROGRAM_STACK_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "src/errors/result.h"
#include "src/policy/decision_diagram.h"
#include "src/policy/policy.h"

namespace qsbx {

// Which of two answers the kernel follows: KILL_PROCESS before KILL_THREAD, TRAP, ERRNO,
// USER_NOTIF, TRACE, LOG and ALLOW. Of two alike it is that of the newer program, whose data may be
// another.
uint32_t stricter_action(uint32_t newer, uint32_t older);

// Whether the call runs, and nobody is asked before.
bool lets_run(uint32_t action);

// One of the answers to some calls.
struct StackAnswer {
  uint32_t action;
  size_t program;  // whose answer it is, for the example
  Call example;
};

// Calls that one program grants and that earlier ones do not let run.
struct UselessGrant {
  int number;
  const Grant* grant;  // of the policy; nullptr for a program without one
  bool all;            // of what it grants; else a part
  StackAnswer instead;
};

class ProgramStack {
 public:
  using Node = DecisionDiagrams::Node;

  explicit ProgramStack(Architecture architecture);

  // Where the programs' functions are made.
  DecisionDiagrams& diagrams() { return diagrams_; }

  // On top of those that are there.
  void add(Node program);
  size_t size() const { return programs_.size(); }
  Node program(size_t index) const { return programs_[index]; }

  // What the kernel does. ALLOW where there is no program.
  Node effective() const { return effective_.back(); }

  // The different answers to a call, which depend on its arguments: one that lets it run first,
  // then from the strictest.
  std::vector<StackAnswer> answers(int number);
  // To numbers of the own ABI that no system call has.
  std::vector<StackAnswer> answers_to_unknown_numbers();
  // To calls of other architectures and of x32.
  std::vector<StackAnswer> answers_to_foreign_calls();

  // `policy` is what program number `program` was made of, and has to outlive the result.
  std::vector<UselessGrant> useless_grants(size_t program, const Policy& policy);
  // By number, of any program.
  std::vector<UselessGrant> useless_grants(size_t program);

  // kPolicy when the programs are too large for an answer: what the other functions gave means
  // nothing then.
  Status check_size() const;

 private:
  Node own_abi();
  StackAnswer answer(const struct seccomp_data& call, size_t programs) const;
  std::vector<StackAnswer> answers_where(Node condition);
  void add_useless(std::vector<UselessGrant>& found, size_t program, int number, Node granted,
                   const Grant* grant);

  Architecture architecture_;
  DecisionDiagrams diagrams_;
  std::vector<Node> programs_;
  std::vector<Node> effective_;  // of the first 0, 1, 2, ... programs
};

}  // namespace qsbx

#endif
