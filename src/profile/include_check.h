// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What can only be wrong between the profiles of a set.
#ifndef QSBX_PROFILE_INCLUDE_CHECK_H_
#define QSBX_PROFILE_INCLUDE_CHECK_H_

#include <string_view>
#include <vector>

#include "src/profile/profile.h"

namespace qsbx {

// "base/eventfd" for base/eventfd.profile: what an include says.
std::string_view path_of(const Profile& profile);

// nullptr when there is none.
const Profile* find_by_path(const std::vector<Profile>& profiles, std::string_view path);

// Missing includes, circles, too long chains.
std::vector<Diagnostic> check_includes(const std::vector<Profile>& profiles, int depth_limit);

// Two profiles of one name.
std::vector<Diagnostic> check_names(const std::vector<Profile>& profiles);

}  // namespace qsbx

#endif
