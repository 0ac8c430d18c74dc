// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/bpf/stack_cost.h"

#include <algorithm>
#include <optional>

#include "src/bpf/kernel_bitmap.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

std::optional<CallCost> cost_of(const std::vector<Program>& programs, uint32_t audit_arch,
                                int number) {
  CallCost cost = {number, true, {}};
  for (const Program& program : programs) {
    const std::optional<StepRange> steps = steps_to_run(program, audit_arch, number);
    if (!steps) return std::nullopt;
    cost.steps.least += steps->least;
    cost.steps.most += steps->most;
    cost.cached = cost.cached && kernel_caches(program, audit_arch, number);
  }
  return cost;
}

}  // namespace

std::vector<CallCost> costs_of_stack(const std::vector<Program>& programs,
                                     Architecture architecture) {
  std::vector<CallCost> costs;
  for (const Syscall& call : syscalls(architecture)) {
    const auto cost = cost_of(programs, audit_architecture(architecture), call.number);
    if (cost) costs.push_back(*cost);
  }
  std::ranges::sort(costs, {}, &CallCost::number);
  return costs;
}

}  // namespace qsbx
