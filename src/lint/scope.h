// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_LINT_SCOPE_H_
#define QSBX_LINT_SCOPE_H_

#include <vector>

#include "src/profile/profile_set.h"

namespace qsbx {

// What is looked at. All must outlive it.
struct LintScope {
  Architecture architecture;
  std::vector<const Profile*> profiles;  // each once
  const ProfileSet* set = nullptr;       // for includes and weights; nullptr: there are none
};

}  // namespace qsbx

#endif
