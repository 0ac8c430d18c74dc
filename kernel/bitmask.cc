// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/bitmask.h"

#include <algorithm>
#include <string>

#include "src/bpf/kernel_bitmap.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

// A call that reaches the obstacle, or the obstacle itself: no call of the table may reach it.
Error runs_for(const std::string& what, size_t obstacle) {
  return {ErrorCode::kProgram, "call numbers alone do not decide this program: for " + what +
                                   " the kernel would run it (instruction " +
                                   std::to_string(obstacle) +
                                   "); compile the policy by numbers, or install it as a filter"};
}

}  // namespace

Status check_bitmask(const Program& program, Architecture architecture) {
  const std::optional<size_t> first = first_bitmap_obstacle(program);
  if (!first) return Done{};
  for (const Syscall& call : syscalls(architecture)) {
    const auto obstacle = bitmap_obstacle(program, audit_architecture(architecture), call.number);
    if (obstacle) return runs_for(std::string(call.name), *obstacle);
  }
  return runs_for("some calls that have no name", *first);
}

int count_cached_calls(const Program& program, const Policy& policy) {
  const uint32_t audit_arch = audit_architecture(policy.architecture());
  return static_cast<int>(std::ranges::count_if(policy.calls(), [&](const auto& entry) {
    return !entry.second.grants.empty() && kernel_caches(program, audit_arch, entry.first);
  }));
}

Result<InstalledFilter> install_bitmask(Kernel& kernel, const VerifiedProgram& program,
                                        const FilterOptions& options) {
  const Status fits = check_bitmask(program.program(), native_architecture());
  if (!fits) return fits.error();
  return install_filter(kernel, program, options);
}

}  // namespace qsbx
