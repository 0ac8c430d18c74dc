// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/role_policies.h"

#include <algorithm>

#include "src/policy/algebra.h"
#include "src/policy/bound_descriptors.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

// util/thread-pool.c: a worker is started by a bottom half of the event loop that the request came
// from, or by another worker, whose program it is born with.
struct Maker {
  std::string_view role;
  std::string_view starts;
};
constexpr Maker kMakers[] = {{"iothread", "worker"}};

const RolePolicy* find_role(const std::vector<RolePolicy>& policies, std::string_view role) {
  const auto found = std::ranges::find(policies, role, &RolePolicy::role);
  return found == policies.end() ? nullptr : &*found;
}

Error masked(const Maker& maker, const Policy& started, const Call& call) {
  const Decision decision = evaluate(started, call);
  const Syscall* syscall = find_syscall(started.architecture(), call.number);
  const std::string name =
      syscall == nullptr ? std::to_string(call.number) : std::string(syscall->name);
  return {ErrorCode::kPolicy, "threads of role " + std::string(maker.role) +
                                  " start threads of role " + std::string(maker.starts) +
                                  ", which are born with their filter, but do not grant " + name +
                                  ", which " + decision.origin->to_string() + " grants to role " +
                                  std::string(maker.starts) + "; grant it to both roles"};
}

// What the made threads need and the maker lacks would be granted in vain.
Status check_maker(const Maker& maker, const std::vector<RolePolicy>& policies,
                   const Policy& process) {
  const RolePolicy* own = find_role(policies, maker.role);
  if (own == nullptr) return Done{};  // the process's own
  const RolePolicy* started = find_role(policies, maker.starts);
  const Policy& needed = started == nullptr ? process : started->policy;
  auto lacking = granted_only_by(needed, own->policy);
  if (!lacking) return std::move(lacking).error();
  if (!*lacking) return Done{};
  return masked(maker, needed, **lacking);
}

}  // namespace

const std::vector<std::string>& confined_roles() {
  static const std::vector<std::string> kConfined = {"vcpu", "iothread", "worker", "rcu", "vnc"};
  return kConfined;
}

bool delegates_thread_starts(std::string_view role) { return role == "vcpu" || role == "rcu"; }

std::vector<std::string> roles_started_by(std::string_view maker) {
  std::vector<std::string> started;
  for (const Maker& one : kMakers) {
    if (one.role == maker) started.emplace_back(one.starts);
  }
  return started;
}

Result<std::vector<RolePolicy>> compose_roles(const Selection& selection,
                                              const std::set<std::string>& features,
                                              Architecture architecture, const Descriptors& bound) {
  auto unbound = compose(selection, features, architecture);
  if (!unbound) return std::move(unbound).error();
  const Policy process = bind_descriptors(*unbound, bound);
  std::vector<RolePolicy> policies;
  for (const std::string& role : confined_roles()) {
    auto composed = compose(selection, features, architecture, role);
    if (!composed) return std::move(composed).error();
    Policy policy = bind_descriptors(*composed, bound);
    auto same = equal(policy, process);
    if (!same) return std::move(same).error();
    if (!*same) policies.push_back({role, std::move(policy)});
  }
  for (const Maker& maker : kMakers) {
    if (auto grants = check_maker(maker, policies, process); !grants) {
      return std::move(grants).error();
    }
  }
  return policies;
}

}  // namespace qsbx
