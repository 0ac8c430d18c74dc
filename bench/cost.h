// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What programs cost, in numbers that are the same on every run.
#ifndef QSBX_BENCH_COST_H_
#define QSBX_BENCH_COST_H_

#include <vector>

#include "src/bpf/program.h"
#include "src/policy/weighted_call.h"

namespace qsbx::bench {

// Filters that are in force together, in any order.
using Stack = std::vector<Program>;

// Instructions that the kernel executes for one call: none when its bitmap has the answer, for
// which every filter has to allow the call whatever its arguments.
int steps_of(const Stack& stack, const Call& call);

// The same without a bitmap, as kernels before 5.11 do.
int steps_without_bitmap(const Stack& stack, const Call& call);

using Steps = int (*)(const Stack&, const Call&);
double weighted_mean(const Stack& stack, const std::vector<WeightedCall>& recorded, Steps steps);

// Calls of the architecture's table that the bitmap answers.
int cached_calls(const Program& program, Architecture architecture);

// What installing the program makes the kernel emulate: every number of the architecture and of its
// 32-bit companion.
int install_steps(const Program& program, Architecture architecture);

}  // namespace qsbx::bench

#endif
