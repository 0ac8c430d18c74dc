// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_LEARN_FEATURE_GRANTS_H_
#define QSBX_LEARN_FEATURE_GRANTS_H_

#include <set>
#include <string>

#include "src/learn/trace.h"
#include "src/profile/profile_set.h"

namespace qsbx {

// Features, each of which has the call granted on the run's machine.
std::set<std::string> features_that_grant(const Trace& trace, const CallKey& key,
                                          const TellingArguments& telling, const ProfileSet& set);

}  // namespace qsbx

#endif
