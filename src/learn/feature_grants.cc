// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/learn/feature_grants.h"

#include "src/learn/proposal.h"
#include "src/machine/selection.h"

namespace qsbx {
namespace {

bool grants(const std::string& feature, const Trace& trace, const CallKey& key,
            const TellingArguments& telling, const ProfileSet& set) {
  const Syscall* call = find_traced_call(set.architecture(), key.number);
  const auto selection = select_profiles(Machine{trace.parts, {feature}}, set);
  if (call == nullptr || !selection) return false;
  const auto policy = join_rules(*selection, {feature}, set.architecture(), key.role);
  return policy && grant_state_of(*policy, *call, telling) == GrantState::kGranted;
}

}  // namespace

std::set<std::string> features_that_grant(const Trace& trace, const CallKey& key,
                                          const TellingArguments& telling, const ProfileSet& set) {
  std::set<std::string> features = features_of(set);
  std::erase_if(features, [&](const std::string& feature) {
    return !grants(feature, trace, key, telling, set);
  });
  return features;
}

}  // namespace qsbx
