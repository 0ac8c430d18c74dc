// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a program answers and what a policy wants, as terms of bit vectors for Z3. Written from the
// definitions, classic BPF's and the language's, and from nothing of src/verify, src/policy/algebra
// or the evaluator: of the policy only its data is read.
#ifndef QSBX_TESTS_PROOF_MEANING_H_
#define QSBX_TESTS_PROOF_MEANING_H_

#include <z3++.h>

#include <vector>

#include "src/bpf/program.h"
#include "src/policy/actions.h"
#include "src/policy/policy.h"

namespace qsbx {

// struct seccomp_data, each field a symbol or a number.
struct SymbolicCall {
  z3::expr number;                  // 32 bits
  z3::expr architecture;            // 32
  z3::expr instruction_pointer;     // 64
  std::vector<z3::expr> arguments;  // six of 64
};

SymbolicCall any_call(z3::context& context);

// The same with numbers for these two fields.
SymbolicCall with_number(const SymbolicCall& call, uint32_t architecture, uint32_t number);

// The 32 bits that are returned for the call. `program` has passed check_program(), and may have
// any instruction that the kernel takes.
z3::expr meaning(const Program& program, const SymbolicCall& call);

// The action, 32 bits.
z3::expr meaning(const Policy& policy, const Actions& actions, const SymbolicCall& call);

}  // namespace qsbx

#endif
