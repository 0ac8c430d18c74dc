// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/cli/phase_policy.h"

#include "src/lockdown/sandbox.h"

namespace qsbx {
namespace {

// Of what is given, the first that changes nothing of phase boot; empty when there is none. What a
// machine is allowed is a part of it, and a guest of libvirt's declares that with the rest.
std::string idle_in_boot(const SelectionOptions& selection) {
  if (!selection.role.empty()) return "--role";
  if (!selection.rule_files.empty()) return "--rules";
  if (!selection.profile_names.empty()) return "--profile";
  if (!selection.descriptors.empty()) return "--fds";
  if (!selection.features.empty() && !names_machine(selection)) return "--allow";
  return "";
}

Status check_for_boot(const SelectionOptions& selection) {
  const std::string idle = idle_in_boot(selection);
  if (!idle.empty()) {
    return Error{ErrorCode::kUsage,
                 "--phase boot is the same for every machine and each of its threads; leave " +
                     idle + " out"};
  }
  if (!names_machine(selection)) return Done{};
  const Result<ChosenProfiles> chosen = choose_covered_profiles(selection);
  return chosen.ok() ? Status(Done{}) : Status(chosen.error());
}

Result<ModalPolicy> run_policy(const SelectionOptions& selection) {
  const Result<ChosenProfiles> chosen = choose_covered_profiles(selection);
  if (!chosen.ok()) return chosen.error();
  Result<Policy> policy = compose(*chosen);
  if (!policy.ok()) return policy.error();
  std::vector<WeightedCall> recorded = recorded_calls(*chosen, *policy);
  return ModalPolicy{std::move(policy).value(), chosen->mode, std::move(recorded)};
}

Result<ModalPolicy> boot_policy(const SelectionOptions& selection) {
  const Result<Mode> mode = mode_from_string(selection.mode);
  if (!mode.ok()) return mode.error();
  const Result<ProfileSet> set = read_profile_set(selection);
  if (!set.ok()) return set.error();
  Result<Policy> policy = compose_boot(*set);
  if (!policy.ok()) return policy.error();
  return ModalPolicy{std::move(policy).value(), *mode, set->weights()};
}

Result<ModalPolicy> boot_and_run_policy(const SelectionOptions& selection) {
  if (!selection.role.empty()) {
    return Error{ErrorCode::kUsage,
                 "--phase union has all that phase boot grants, which knows no roles; leave --role "
                 "out"};
  }
  Result<ModalPolicy> run = run_policy(selection);
  if (!run.ok()) return run;
  Result<ModalPolicy> boot = boot_policy(selection);
  if (!boot.ok()) return boot;
  Result<Policy> both = join(boot->policy, run->policy);
  if (!both.ok()) return both.error();
  run->policy = std::move(both).value();
  return run;
}

}  // namespace

Result<ModalPolicy> policy_of_phase(const std::string& phase, const SelectionOptions& selection) {
  if (phase == "union") return boot_and_run_policy(selection);
  if (phase != "boot") return run_policy(selection);
  if (const Status sensible = check_for_boot(selection); !sensible.ok()) return sensible.error();
  return boot_policy(selection);
}

}  // namespace qsbx
