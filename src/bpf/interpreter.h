// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Runs a program on one call, as the kernel would.
#ifndef QSBX_BPF_INTERPRETER_H_
#define QSBX_BPF_INTERPRETER_H_

#include <linux/seccomp.h>

#include <string>
#include <vector>

#include "src/bpf/program.h"
#include "src/errors/result.h"

namespace qsbx {

struct Execution {
  uint32_t action;  // SECCOMP_RET_*, with its data
  int steps;        // instructions executed, the return included
};

// Whether the kernel would take it: the opcodes of seccomp_check_filter() (kernel/seccomp.c),
// word-aligned loads inside struct seccomp_data, forward jumps inside the program, no scratch
// memory read before it is written, 1 to 4096 instructions, a return at the end.
Status check_program(const Program& program);

// `program` has passed check_program().
Execution run(const Program& program, const struct seccomp_data& call);

// The instructions that run() executes, in order.
std::vector<size_t> executed(const Program& program, const struct seccomp_data& call);

}  // namespace qsbx

#endif
