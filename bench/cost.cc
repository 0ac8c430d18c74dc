// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bench/cost.h"

#include <linux/audit.h>

#include <algorithm>

#include "src/bpf/interpreter.h"
#include "src/bpf/kernel_bitmap.h"
#include "src/bpf/kernel_cost.h"
#include "src/policy/algebra.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx::bench {
namespace {

uint32_t companion_of(Architecture architecture) {
  return architecture == Architecture::kX86_64 ? AUDIT_ARCH_I386 : AUDIT_ARCH_ARM;
}

}  // namespace

int steps_of(const Stack& stack, const Call& call) {
  const bool cached = std::all_of(stack.begin(), stack.end(), [&](const Program& program) {
    return kernel_caches(program, call.audit_arch, call.number);
  });
  return cached ? 0 : steps_without_bitmap(stack, call);
}

int steps_without_bitmap(const Stack& stack, const Call& call) {
  int steps = 0;
  for (const Program& program : stack) steps += run(program, to_seccomp_data(call)).steps;
  return steps;
}

double weighted_mean(const Stack& stack, const std::vector<WeightedCall>& recorded, Steps steps) {
  double sum = 0;
  double count = 0;
  for (const WeightedCall& weighted : recorded) {
    const double weight = static_cast<double>(weighted.count);
    sum += weight * steps(stack, weighted.call);
    count += weight;
  }
  return count == 0 ? 0 : sum / count;
}

int cached_calls(const Program& program, Architecture architecture) {
  const auto calls = syscalls(architecture);
  return static_cast<int>(std::count_if(calls.begin(), calls.end(), [&](const Syscall& call) {
    return kernel_caches(program, audit_architecture(architecture), call.number);
  }));
}

// Both tables end at the same number: new calls have one number everywhere.
int install_steps(const Program& program, Architecture architecture) {
  const int numbers = syscalls(architecture).back().number + 1;
  int steps = 0;
  for (const uint32_t audit : {audit_architecture(architecture), companion_of(architecture)}) {
    for (int number = 0; number < numbers; ++number) {
      steps += emulation_steps(program, audit, number);
    }
  }
  return steps;
}

}  // namespace qsbx::bench
