// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_INTEGRATION_LIBVIRT_KNOWN_FEATURES_H_
#define QSBX_INTEGRATION_LIBVIRT_KNOWN_FEATURES_H_

#include <set>
#include <string>

#include "src/errors/result.h"
#include "src/profile/profile_set.h"

namespace qsbx {

// Those that guests on a host get: `folder` is its administrator's choice, or empty.
Result<ProfileSet> profiles_of_host(const std::string& folder);

// kUsage for a feature that no profile has, which keeps a guest from starting.
Status check_known(const std::set<std::string>& features, const ProfileSet& profiles);

}  // namespace qsbx

#endif
