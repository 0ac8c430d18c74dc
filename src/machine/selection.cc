// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/selection.h"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "src/profile/names.h"

namespace qsbx {
namespace {

constexpr char kBaseProfile[] = "base/process";
constexpr char kNotCovered[] = "not-covered";

// Most patterns begin with a letter that is not the name's, and fnmatch() takes its time.
bool matches(const std::string& pattern, const std::string& name) {
  constexpr std::string_view kSpecial = "*?[\\";
  if (!pattern.empty() && kSpecial.find(pattern[0]) == kSpecial.npos && pattern[0] != name[0]) {
    return false;
  }
  return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

bool applies_to(const Applicability& applicability, const Part& part) {
  return applicability.kind == part.kind && matches(applicability.pattern, part.name);
}

bool applies_to(const Profile& profile, const Part& part) {
  return profile.phase == Phase::kRun &&
         std::any_of(profile.applies.begin(), profile.applies.end(),
                     [&](const Applicability& one) { return applies_to(one, part); });
}

// "base/process" of "base/process.profile": how an include line names it.
std::string include_path(const Profile& profile) {
  constexpr std::string_view kSuffix = ".profile";
  std::string_view path = profile.file;
  if (path.ends_with(kSuffix)) path.remove_suffix(kSuffix.size());
  return std::string(path);
}

// The set has made sure that includes exist and have no circle.
void add_with_includes(Selection& selection, const Profile& profile, const std::string& because,
                       const ProfileSet& set) {
  const bool known = selection.contains(profile);
  selection.add(profile, because);
  if (known) return;
  for (const Include& include : profile.includes) {
    const Profile* included = set.find(include.path);
    if (included == nullptr) continue;
    add_with_includes(selection, *included, "included by " + include_path(profile), set);
  }
}

// False when no profile applies to the part.
bool add_profiles_for(Selection& selection, const Part& part, const ProfileSet& set) {
  const std::vector<const Profile*> profiles = profiles_for(part, set);
  for (const Profile* profile : profiles) {
    add_with_includes(selection, *profile, part.to_string(), set);
  }
  return !profiles.empty();
}

size_t common_prefix(std::string_view a, std::string_view b) {
  return std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
}

// QEMU's names go from the general to the particular ("virtio-blk-pci"), so the nearest profile is
// the one whose pattern, for this kind, begins most like the name.
const Profile* nearest_profile(const Part& part, const ProfileSet& set) {
  constexpr size_t kWorthMentioning = 3;
  const Profile* nearest = nullptr;
  size_t longest = kWorthMentioning - 1;
  for (const Profile& profile : set.profiles()) {
    for (const Applicability& applicability : profile.applies) {
      if (applicability.kind != part.kind) continue;
      const size_t length = common_prefix(applicability.pattern, part.name);
      if (length <= longest) continue;
      longest = length;
      nearest = &profile;
    }
  }
  return nearest;
}

// Lines "PART: REASON" of a file beside the profiles, which are for messages only: a file that
// cannot be read is one without lines.
std::string reason_not_covered(const Part& part, const ProfileSet& set) {
  std::ifstream file(std::filesystem::path(set.directory()) / kNotCovered);
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with('#') || colon == std::string::npos) continue;
    if (fnmatch(line.substr(0, colon).c_str(), part.to_string().c_str(), 0) != 0) continue;
    return line.substr(colon + 2);
  }
  return "";
}

std::string uncovered_message(const Part& part, const ProfileSet& set) {
  std::string message = "no profile applies to " + part.to_string();
  const std::string reason = reason_not_covered(part, set);
  if (!reason.empty()) return message + " (" + reason + ")";
  const Profile* nearest = nearest_profile(part, set);
  if (nearest != nullptr) message += " (the nearest is " + include_path(*nearest) + ")";
  return message;
}

bool is_in_force(const std::string& feature, const std::set<std::string>& features) {
  return feature.empty() || features.contains(feature);
}

bool is_for_role(const Rule& rule, std::string_view role) {
  return role.empty() || rule.roles.empty() ||
         std::find(rule.roles.begin(), rule.roles.end(), role) != rule.roles.end();
}

Status add_rule(Policy& policy, const Rule& rule, const std::string& profile) {
  const Origin origin{profile, rule.where.file, rule.where.line};
  for (const int number : rule.numbers) {
    policy.grant(number, Grant{rule.condition, origin});
    if (!rule.error) continue;
    Status refused = policy.refuse(number, Refusal{*rule.error, origin, rule.reports_error});
    if (!refused.ok()) return refused;
  }
  return Done{};
}

template <typename Wanted>
Status add_rules(Policy& policy, const Profile& profile, Wanted wanted) {
  for (const Rule& rule : profile.rules) {
    if (!wanted(rule)) continue;
    Status added = add_rule(policy, rule, profile.name);
    if (!added.ok()) return added;
  }
  return Done{};
}

Error grants_nothing(const std::string& what) {
  return Error{ErrorCode::kPolicy,
               what +
                   " grant no system call at all; a process under an empty policy could not "
                   "even exit"};
}

}  // namespace

bool Selection::contains(const Profile& profile) const {
  return std::any_of(profiles.begin(), profiles.end(),
                     [&](const SelectedProfile& selected) { return selected.profile == &profile; });
}

void Selection::add(const Profile& profile, const std::string& because) {
  auto place = std::find_if(profiles.begin(), profiles.end(), [&](const SelectedProfile& other) {
    return other.profile->file >= profile.file;
  });
  if (place == profiles.end() || place->profile != &profile) {
    place = profiles.insert(place, SelectedProfile{&profile, {}});
  }
  std::vector<std::string>& reasons = place->because;
  const auto reason = std::lower_bound(reasons.begin(), reasons.end(), because);
  if (reason == reasons.end() || *reason != because) reasons.insert(reason, because);
}

std::vector<const Profile*> profiles_for(const Part& part, const ProfileSet& set) {
  std::vector<const Profile*> profiles;
  for (const Profile& profile : set.profiles()) {
    if (applies_to(profile, part)) profiles.push_back(&profile);
  }
  return profiles;
}

bool has_same_profiles(const Selection& a, const Selection& b) {
  return std::ranges::equal(a.profiles, b.profiles, {}, &SelectedProfile::profile,
                            &SelectedProfile::profile);
}

bool has_profile(const Part& part, const ProfileSet& set) {
  return std::ranges::any_of(set.profiles(),
                             [&](const Profile& profile) { return applies_to(profile, part); });
}

Result<Selection> select_profiles(const Machine& machine, const ProfileSet& set) {
  const Profile* base = set.find(kBaseProfile);
  if (base == nullptr) {
    return Error{ErrorCode::kProfileSet, "the profile set " + set.directory() + " has no " +
                                             kBaseProfile + ".profile, which every QEMU needs"};
  }
  Selection selection;
  add_with_includes(selection, *base, "always", set);
  for (const Part& part : machine.parts) {
    if (!add_profiles_for(selection, part, set)) selection.uncovered.push_back(part);
  }
  select_features(selection, machine.features, set);
  return selection;
}

void select_features(Selection& selection, const std::set<std::string>& features,
                     const ProfileSet& set) {
  for (const std::string& feature : features) {
    add_profiles_for(selection, Part{kFeatureKind, feature}, set);
  }
}

Status select_by_name(Selection& selection, const std::string& name, const ProfileSet& set) {
  const Profile* profile = set.find(name);
  if (profile != nullptr) {
    add_with_includes(selection, *profile, "asked for by name", set);
    return Done{};
  }
  const std::string nearest = set.nearest_name(name);
  return Error{ErrorCode::kUsage,
               "no profile is called '" + name + "' in " + set.directory() +
                   (nearest.empty() ? "" : " (did you mean '" + nearest + "'?)")};
}

Error uncovered_error(const Selection& selection, const ProfileSet& set) {
  std::string message;
  for (const Part& part : selection.uncovered) {
    message += uncovered_message(part, set) + "; ";
  }
  return Error{ErrorCode::kUnknownDevice, message +
                                              "add a profile with an 'applies to' line for it to " +
                                              set.directory() + ", or run QEMU without it"};
}

std::string feature_of(const Profile& profile) {
  for (const Applicability& one : profile.applies) {
    if (one.kind == kFeatureKind) return one.pattern;
  }
  return "";
}

std::set<DescriptorKind> changing_kinds(const Selection& selection,
                                        const std::set<std::string>& features) {
  std::set<DescriptorKind> kinds;
  for (const SelectedProfile& selected : selection.profiles) {
    for (const Change& change : selected.profile->changes) {
      if (is_in_force(change.feature, features)) kinds.insert(change.descriptors);
    }
  }
  return kinds;
}

std::set<std::string> features_of(const ProfileSet& set) {
  std::set<std::string> features;
  for (const Profile& profile : set.profiles()) {
    for (const Rule& rule : profile.rules) features.insert(rule.feature);
    for (const Change& change : profile.changes) features.insert(change.feature);
    features.insert(feature_of(profile));
  }
  features.erase("");
  return features;
}

Result<Policy> join_rules(const Selection& selection, const std::set<std::string>& features,
                          Architecture architecture, std::string_view role) {
  Policy policy(architecture);
  const auto wanted = [&](const Rule& rule) {
    return is_in_force(rule.feature, features) && is_for_role(rule, role);
  };
  for (const SelectedProfile& selected : selection.profiles) {
    Status added = add_rules(policy, *selected.profile, wanted);
    if (!added.ok()) return std::move(added).error();
  }
  return policy;
}

Result<Policy> compose(const Selection& selection, const std::set<std::string>& features,
                       Architecture architecture, std::string_view role) {
  Result<Policy> policy = join_rules(selection, features, architecture, role);
  if (policy.ok() && policy->empty()) return grants_nothing("the selected profiles");
  return policy;
}

Result<Policy> compose_boot(const ProfileSet& set) {
  Selection selection;
  for (const Profile& profile : set.profiles()) {
    if (profile.phase == Phase::kBoot) add_with_includes(selection, profile, "phase boot", set);
  }
  if (selection.profiles.empty()) {
    return Error{ErrorCode::kProfileSet,
                 "no profile in " + set.directory() + " has 'phase boot'; add one"};
  }
  return compose(selection, features_of(set), set.architecture());
}

}  // namespace qsbx
