// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/profile/thread_creation.h"

#include <sched.h>

#include <algorithm>

#include "src/profile/diagnostic_ids.h"

namespace qsbx {
namespace {

// What glibc and musl start a thread with; musl adds CLONE_DETACHED, which does nothing.
constexpr uint64_t kThreadFlags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                                  CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID |
                                  CLONE_CHILD_CLEARTID;

bool is_for(const Rule& rule, int number) {
  return std::find(rule.numbers.begin(), rule.numbers.end(), number) != rule.numbers.end();
}

bool grants_threads(const Profile& profile, int clone) {
  return std::any_of(profile.rules.begin(), profile.rules.end(), [&](const Rule& rule) {
    return is_for(rule, clone) && holds(rule.condition, {kThreadFlags});
  });
}

Diagnostic threads_fail(const SourceLocation& where) {
  return {diagnostic::kElseForThreads, where,
          "this else would make the creation of threads fail, and QEMU aborts when it does",
          "grant clone_flags & CLONE_THREAD here or in an included profile, or leave out the else"};
}

}  // namespace

std::vector<Diagnostic> check_thread_creation(const std::vector<const Profile*>& profiles,
                                              Architecture architecture) {
  std::vector<Diagnostic> diagnostics;
  const Syscall* clone = find_syscall(architecture, "clone");
  for (const Rule& rule : profiles.front()->rules) {
    if (!rule.error || !is_for(rule, clone->number)) continue;
    const bool granted = std::any_of(profiles.begin(), profiles.end(), [&](const Profile* profile) {
      return grants_threads(*profile, clone->number);
    });
    if (!granted) diagnostics.push_back(threads_fail(rule.where));
  }
  return diagnostics;
}

}  // namespace qsbx
