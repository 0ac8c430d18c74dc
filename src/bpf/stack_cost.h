// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What programs cost that are in force at once: the kernel runs all of them for every call, except
// for those that each of them is known to allow whatever the arguments are.
#ifndef QSBX_BPF_STACK_COST_H_
#define QSBX_BPF_STACK_COST_H_

#include <vector>

#include "src/bpf/program.h"
#include "src/bpf/reach.h"
#include "src/syscalls/architecture.h"

namespace qsbx {

struct CallCost {
  int number;
  bool cached;      // in the kernel's bitmap: no program is run
  StepRange steps;  // of all programs together, for calls that run; also where `cached`
};

// The calls that all programs let run with some arguments (may_run()), by number. `programs` have
// passed check_program().
std::vector<CallCost> costs_of_stack(const std::vector<Program>& programs,
                                     Architecture architecture);

}  // namespace qsbx

#endif
