// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/syscalls/beyond_filters.h"

#include <algorithm>

#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

struct Entry {
  std::string_view call;
  Architecture architecture;
  BeyondFilters what;
};

constexpr Entry kEntries[] = {
    {"uretprobe", Architecture::kX86_64, BeyondFilters::kTheCall},
    {"uprobe", Architecture::kX86_64, BeyondFilters::kTheCall},
    {"io_uring_setup", Architecture::kX86_64, BeyondFilters::kItsWork},
    {"io_uring_enter", Architecture::kX86_64, BeyondFilters::kItsWork},
    {"io_uring_register", Architecture::kX86_64, BeyondFilters::kItsWork},
    {"io_uring_setup", Architecture::kAarch64, BeyondFilters::kItsWork},
    {"io_uring_enter", Architecture::kAarch64, BeyondFilters::kItsWork},
    {"io_uring_register", Architecture::kAarch64, BeyondFilters::kItsWork},
    // The vDSO's, of vdso(7); getrandom() since 6.11.
    {"clock_gettime", Architecture::kX86_64, BeyondFilters::kItsShortcut},
    {"clock_getres", Architecture::kX86_64, BeyondFilters::kItsShortcut},
    {"gettimeofday", Architecture::kX86_64, BeyondFilters::kItsShortcut},
    {"time", Architecture::kX86_64, BeyondFilters::kItsShortcut},
    {"getcpu", Architecture::kX86_64, BeyondFilters::kItsShortcut},
    {"getrandom", Architecture::kX86_64, BeyondFilters::kItsShortcut},
    {"clock_gettime", Architecture::kAarch64, BeyondFilters::kItsShortcut},
    {"clock_getres", Architecture::kAarch64, BeyondFilters::kItsShortcut},
    {"gettimeofday", Architecture::kAarch64, BeyondFilters::kItsShortcut},
    {"getrandom", Architecture::kAarch64, BeyondFilters::kItsShortcut},
};

}  // namespace

BeyondFilters beyond_filters(Architecture architecture, std::string_view call) {
  const auto found = std::ranges::find_if(kEntries, [&](const Entry& entry) {
    return entry.call == call && entry.architecture == architecture;
  });
  return found == std::end(kEntries) ? BeyondFilters::kNothing : found->what;
}

std::string describe_beyond_filters(Architecture architecture, std::string_view call) {
  const std::string name(call);
  switch (beyond_filters(architecture, call)) {
    case BeyondFilters::kTheCall:
      return name +
             " runs on recent kernels whatever a filter says; `qsbx probe` tells of this one";
    case BeyondFilters::kItsWork:
      return name +
             " can be denied, but what is asked of a ring once it exists is done by the "
             "kernel without a system call, so no filter sees it";
    case BeyondFilters::kItsShortcut:
      return name +
             " is mostly answered by the vDSO, in the process itself: only the calls that "
             "reach the kernel are filtered";
    case BeyondFilters::kNothing:
      break;
  }
  return "";
}

std::vector<int> unfiltered_calls(Architecture architecture) {
  std::vector<int> numbers;
  for (const Entry& entry : kEntries) {
    if (entry.architecture != architecture || entry.what != BeyondFilters::kTheCall) continue;
    numbers.push_back(find_syscall(architecture, entry.call)->number);
  }
  return numbers;
}

bool is_unfiltered(Architecture architecture, int number) {
  return std::ranges::count(unfiltered_calls(architecture), number) != 0;
}

}  // namespace qsbx
