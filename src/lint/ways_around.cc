// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lint/ways_around.h"

#include <algorithm>
#include <array>

#include "src/lint/common_call.h"
#include "src/lint/finding_ids.h"
#include "src/policy/algebra.h"

namespace qsbx {
namespace {

struct WayAround {
  const char* guarded;
  const char* around;
};

// Calls that hide what they do (clone3, openat2, io_uring) are asked about by themselves.
constexpr std::array kWaysAround = {
    WayAround{"openat", "open"},
    WayAround{"open", "openat"},
    WayAround{"mprotect", "pkey_mprotect"},
    WayAround{"madvise", "process_madvise"},
    WayAround{"sendto", "sendmsg"},
    WayAround{"sendto", "sendmmsg"},
    WayAround{"sendmsg", "sendto"},
    WayAround{"sendmsg", "sendmmsg"},
    WayAround{"sendmmsg", "sendto"},
    WayAround{"sendmmsg", "sendmsg"},
    WayAround{"recvfrom", "recvmsg"},
    WayAround{"recvfrom", "recvmmsg"},
    WayAround{"recvmsg", "recvfrom"},
    WayAround{"recvmsg", "recvmmsg"},
    WayAround{"recvmmsg", "recvfrom"},
    WayAround{"recvmmsg", "recvmsg"},
    WayAround{"accept", "accept4"},
    WayAround{"accept4", "accept"},
    WayAround{"preadv", "preadv2"},
    WayAround{"preadv2", "preadv"},
    WayAround{"pwritev", "pwritev2"},
    WayAround{"pwritev2", "pwritev"},
    WayAround{"newfstatat", "stat"},
    WayAround{"newfstatat", "lstat"},
    WayAround{"newfstatat", "statx"},
    WayAround{"access", "faccessat"},
    WayAround{"access", "faccessat2"},
    WayAround{"faccessat", "access"},
    WayAround{"faccessat", "faccessat2"},
    WayAround{"faccessat2", "access"},
    WayAround{"faccessat2", "faccessat"},
    WayAround{"fchownat", "chown"},
    WayAround{"fchownat", "lchown"},
    WayAround{"fchmodat", "chmod"},
    WayAround{"fchmodat", "fchmodat2"},
    WayAround{"fchmodat2", "chmod"},
    WayAround{"fchmodat2", "fchmodat"},
    WayAround{"unlinkat", "unlink"},
    WayAround{"unlinkat", "rmdir"},
    WayAround{"linkat", "link"},
    WayAround{"symlinkat", "symlink"},
    WayAround{"mkdirat", "mkdir"},
    WayAround{"mknodat", "mknod"},
    WayAround{"readlinkat", "readlink"},
    WayAround{"renameat", "rename"},
    WayAround{"renameat", "renameat2"},
    WayAround{"renameat2", "rename"},
    WayAround{"renameat2", "renameat"},
    WayAround{"clock_nanosleep", "nanosleep"},
};

bool applies_to(const Rule& rule, const std::string& role) {
  return rule.roles.empty() ||
         std::find(rule.roles.begin(), rule.roles.end(), role) != rule.roles.end();
}

std::vector<const Rule*> rules_for(const LintScope& scope, const std::string& role,
                                   const char* name) {
  std::vector<const Rule*> rules;
  const Syscall* call = find_syscall(scope.architecture, name);
  if (call == nullptr) return rules;
  for (const Profile* profile : scope.profiles) {
    if (profile->phase == Phase::kBoot) continue;
    for (const Rule& rule : profile->rules) {
      const std::vector<int>& numbers = rule.numbers;
      const bool about = std::find(numbers.begin(), numbers.end(), call->number) != numbers.end();
      if (about && applies_to(rule, role) && !rule.condition.is_never()) rules.push_back(&rule);
    }
  }
  return rules;
}

bool grants_all(DecisionDiagrams& diagrams, const std::vector<const Rule*>& rules) {
  auto any = diagrams.falsehood();
  for (const Rule* rule : rules) {
    any = diagrams.either(any, diagram_of(diagrams, rule->condition));
  }
  return any == diagrams.truth();
}

std::string place_of(const Rule& rule) {
  return rule.where.file + ":" + std::to_string(rule.where.line);
}

Finding way_around(const WayAround& way, const Rule& guarded, const Rule& around,
                   Architecture architecture) {
  return finding_at(around, architecture, finding::kWayAround,
                    std::string(way.around) + " is granted whatever its arguments, and does what " +
                        way.guarded + " does: the condition at " + place_of(guarded) + " is void",
                    "give it the same condition, or take it out");
}

void look_as(const std::string& role, const LintScope& scope, DecisionDiagrams& diagrams,
             Findings& findings) {
  for (const WayAround& way : kWaysAround) {
    const std::vector<const Rule*> guarded = rules_for(scope, role, way.guarded);
    const std::vector<const Rule*> around = rules_for(scope, role, way.around);
    if (guarded.empty() || around.empty()) continue;
    if (grants_all(diagrams, guarded) || !grants_all(diagrams, around)) continue;
    for (const Rule* rule : around) {
      findings.push_back(way_around(way, *guarded.front(), *rule, scope.architecture));
    }
  }
}

}  // namespace

Result<Findings> find_ways_around(const LintScope& scope) {
  Findings findings;
  DecisionDiagrams diagrams;
  for (const std::string& role : roles()) look_as(role, scope, diagrams, findings);
  if (diagrams.overflowed()) return too_large_to_decide();
  return findings;
}

}  // namespace qsbx
