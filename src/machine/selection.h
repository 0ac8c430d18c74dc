// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which profiles a machine brings in, and the policy that they make together.
#ifndef QSBX_MACHINE_SELECTION_H_
#define QSBX_MACHINE_SELECTION_H_

#include <map>
#include <string>
#include <vector>

#include "src/errors/result.h"
#include "src/machine/machine.h"
#include "src/policy/policy.h"
#include "src/profile/profile_set.h"

namespace qsbx {

struct SelectedProfile {
  const Profile* profile;
  std::vector<std::string>
      because;  // "device virtio-blk-pci", "included by base/process", "always"
};

struct Selection {
  std::vector<SelectedProfile> profiles;  // sorted by file, each once
  std::vector<Part> uncovered;            // parts that no profile applies to
};

// Profiles of phase run whose patterns match a part, what these include, and base/process, which
// every QEMU needs.
Selection select_profiles(const Machine& machine, const ProfileSet& set);

// An error that names every uncovered part (ErrorCode::kUnknownDevice), with the nearest profile.
Error uncovered_error(const Selection& selection, const ProfileSet& set);

// The grants of all selected profiles for `role` (empty: of every role) with the machine's
// features.
Result<Policy> compose(const Selection& selection, const std::set<std::string>& features,
                       Architecture architecture, std::string_view role = "");

// The policy of phase boot: all profiles with `phase boot`. An error when there is none.
Result<Policy> compose_boot(const ProfileSet& set);

}  // namespace qsbx

#endif
