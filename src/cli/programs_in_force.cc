// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/cli/programs_in_force.h"

#include <algorithm>

#include "src/compile/compile.h"
#include "src/machine/role_policies.h"
#include "src/policy/algebra.h"

namespace qsbx {
namespace {

bool is_confined(const std::string& role) {
  const std::vector<std::string>& confined = confined_roles();
  return std::ranges::find(confined, role) != confined.end();
}

Result<std::vector<Policy>> policies_in_force(const ChosenProfiles& chosen) {
  auto process = join_rules(chosen, "");
  if (!process.ok()) return process.error();
  std::vector<Policy> policies = {*process};
  if (!is_confined(chosen.role)) return policies;
  Result<Policy> own = join_rules(chosen);
  if (!own.ok()) return own.error();
  const Result<bool> same = equal(*own, *process);
  if (!same.ok()) return same.error();
  if (!*same) policies.push_back(std::move(own).value());
  return policies;
}

}  // namespace

Result<std::vector<Program>> programs_in_force(const ChosenProfiles& chosen) {
  const Result<std::vector<Policy>> policies = policies_in_force(chosen);
  if (!policies.ok()) return policies.error();
  std::vector<Program> programs;
  for (const Policy& policy : *policies) {
    if (policy.empty()) return std::vector<Program>{};
    Result<Program> program =
        compile(policy, actions_for(chosen.mode), recorded_calls(chosen, policy));
    if (!program.ok()) return program.error();
    programs.push_back(std::move(program).value());
  }
  return programs;
}

std::string note_about_role(const ChosenProfiles& chosen) {
  if (chosen.role.empty() || is_confined(chosen.role)) return "";
  return "threads of role " + chosen.role +
         " have the policy of the process: what other roles are granted, too";
}

}  // namespace qsbx
