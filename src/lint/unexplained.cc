// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lint/unexplained.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>

#include "src/lint/finding_ids.h"
#include "src/profile/reasons.h"

namespace qsbx {
namespace {

// Sorted. What is not here reaches outside.
constexpr std::array<std::string_view, 42> kInside = {
    "arch_prctl",
    "brk",
    "clock_getres",
    "clock_gettime",
    "clock_nanosleep",
    "epoll_create1",
    "epoll_ctl",
    "epoll_pwait",
    "epoll_pwait2",
    "epoll_wait",
    "eventfd",
    "eventfd2",
    "exit",
    "exit_group",
    "getcpu",
    "getegid",
    "geteuid",
    "getgid",
    "getpid",
    "getppid",
    "getrandom",
    "gettid",
    "gettimeofday",
    "getuid",
    "mprotect",
    "mremap",
    "munmap",
    "nanosleep",
    "poll",
    "ppoll",
    "pselect6",
    "restart_syscall",
    "rseq",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sched_yield",
    "select",
    "set_robust_list",
    "set_tid_address",
    "sigaltstack",
    "sysinfo",
    "time",
};
static_assert(std::is_sorted(kInside.begin(), kInside.end()));

std::vector<std::string> reaching_outside(const Rule& rule, Architecture architecture) {
  std::vector<std::string> names;
  if (rule.condition.is_never()) return names;
  for (const int number : rule.numbers) {
    std::string name = call_name(number, architecture);
    if (!stays_inside(name)) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

Finding unexplained(const Rule& rule, const std::vector<std::string>& names,
                    Architecture architecture) {
  const std::string others = names.size() > 1 ? " and others reach" : " reaches";
  return finding_at(rule, architecture, finding::kNoReason,
                    names.front() + others + " outside the process, and nothing says why",
                    "say in a comment on the rule, or above it, what needs it");
}

void look_at(const Profile& profile, Architecture architecture, Findings& findings) {
  Findings found;
  std::set<int> lines;  // of rules that reach outside
  for (const Rule& rule : profile.rules) {
    const std::vector<std::string> names = reaching_outside(rule, architecture);
    if (names.empty()) continue;
    lines.insert(rule.where.line);
    if (!says_something(rule.reason)) found.push_back(unexplained(rule, names, architecture));
  }
  if (lines.size() == 1 && says_something(profile.about)) return;
  std::move(found.begin(), found.end(), std::back_inserter(findings));
}

}  // namespace

bool stays_inside(std::string_view call) {
  return std::binary_search(kInside.begin(), kInside.end(), call);
}

Result<Findings> find_unexplained(const LintScope& scope) {
  Findings findings;
  for (const Profile* profile : scope.profiles) {
    if (profile->phase == Phase::kRun) look_at(*profile, scope.architecture, findings);
  }
  return findings;
}

}  // namespace qsbx
