// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which profiles a machine brings in, and the policy that they make together.
//
//   Result<Selection> selection = select_profiles(machine, set);
//   if (selection.ok() && !selection->uncovered.empty()) return uncovered_error(*selection, set);
//   Result<Policy> policy = compose(*selection, machine.features, native_architecture());
//
// Joining has no order: whatever way a machine lists its parts, and whatever way the folder lists
// its profiles, the policy is the same.
#ifndef QSBX_MACHINE_SELECTION_H_
#define QSBX_MACHINE_SELECTION_H_

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "src/errors/result.h"
#include "src/machine/machine.h"
#include "src/policy/policy.h"
#include "src/profile/profile_set.h"

namespace qsbx {

struct SelectedProfile {
  const Profile* profile;
  // "device virtio-blk-pci", "included by base/process", "always"; sorted
  std::vector<std::string> because;
};

struct Selection {
  std::vector<SelectedProfile> profiles;  // sorted by file, each once
  std::vector<Part> uncovered;            // parts that no profile applies to

  bool contains(const Profile& profile) const;
  // The profile alone, without what it includes.
  void add(const Profile& profile, const std::string& because);
};

// Profiles of phase run whose patterns match a part, what these include, base/process, which every
// QEMU needs, and the profiles of the machine's features. kProfileSet when the set has no
// base/process.
Result<Selection> select_profiles(const Machine& machine, const ProfileSet& set);

// Whether both make the same policy, whatever parts brought their profiles in.
bool has_same_profiles(const Selection& a, const Selection& b);

// Whether a profile of phase run applies to the part.
bool has_profile(const Part& part, const ProfileSet& set);

// Profiles of phase run that apply to the part, without what they include.
std::vector<const Profile*> profiles_for(const Part& part, const ProfileSet& set);

// The profile of that name with what it includes. kUsage, with the nearest name, when there is
// none.
Status select_by_name(Selection& selection, const std::string& name, const ProfileSet& set);

// An error that names every uncovered part (ErrorCode::kUnknownDevice), with the reason that the
// set's file `not-covered` has for it, or the nearest profile.
Error uncovered_error(const Selection& selection, const ProfileSet& set);

// Adds the profiles of features, with what they include. A feature may have none of its own, only
// sections in profiles of parts.
void select_features(Selection& selection, const std::set<std::string>& features,
                     const ProfileSet& set);

// The feature that a profile `applies to`; "" when it is no feature's.
std::string feature_of(const Profile& profile);

// What comes and goes while the guest runs, with these features.
std::set<DescriptorKind> changing_kinds(const Selection& selection,
                                        const std::set<std::string>& features);

// Every feature that a profile of the set has rules for, or is for.
std::set<std::string> features_of(const ProfileSet& set);

// The grants of all selected profiles for `role` (empty: of every role) with the machine's
// features. kPolicy when they contradict each other. The policy may grant nothing.
Result<Policy> join_rules(const Selection& selection, const std::set<std::string>& features,
                          Architecture architecture, std::string_view role = "");

// The same for a policy that is to be put in force: one that grants nothing is an error.
Result<Policy> compose(const Selection& selection, const std::set<std::string>& features,
                       Architecture architecture, std::string_view role = "");

// The policy of phase boot: all profiles with `phase boot`, with what they include and with every
// feature. An error when there is none.
Result<Policy> compose_boot(const ProfileSet& set);

}  // namespace qsbx

#endif
