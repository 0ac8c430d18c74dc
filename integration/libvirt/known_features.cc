// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/known_features.h"

#include "src/errors/text.h"
#include "src/lockdown/sandbox.h"
#include "src/machine/selection.h"

namespace qsbx {

Result<ProfileSet> profiles_of_host(const std::string& folder) {
  return ProfileSet::read(folder.empty() ? default_profile_folder() : folder,
                          native_architecture());
}

Status check_known(const std::set<std::string>& features, const ProfileSet& profiles) {
  const std::set<std::string> known = features_of(profiles);
  for (const std::string& feature : features) {
    if (known.contains(feature)) continue;
    return Error{ErrorCode::kUsage, "no profile has the feature '" + printable(feature) +
                                        "'; there are " + joined({known.begin(), known.end()})};
  }
  return Done{};
}

}  // namespace qsbx
