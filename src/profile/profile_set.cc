// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/profile/profile_set.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "src/profile/folder_reader.h"
#include "src/profile/heap_pages.h"
#include "src/profile/include_check.h"
#include "src/profile/thread_creation.h"
#include "src/profile/weights.h"
#include "src/syscalls/nearest_name.h"

namespace qsbx {
namespace {

// What the shipped profiles take, and their policies.
constexpr size_t kHeapOfSet = size_t{1} << 20;

void append(std::vector<Diagnostic>& all, std::vector<Diagnostic> more) {
  std::move(more.begin(), more.end(), std::back_inserter(all));
}

Error wrong_profiles(std::vector<Diagnostic> diagnostics) {
  const size_t count = diagnostics.size();
  return {ErrorCode::kProfile,
          (count == 1 ? "1 error" : std::to_string(count) + " errors") + " in the profiles", 0,
          std::move(diagnostics)};
}

void add_once(std::vector<const Profile*>& profiles, const Profile& profile) {
  if (std::find(profiles.begin(), profiles.end(), &profile) != profiles.end()) return;
  profiles.push_back(&profile);
}

}  // namespace

Result<ProfileSet> ProfileSet::read(const std::string& directory, Architecture architecture,
                                    const ParseLimits& limits,
                                    const std::function<void()>& before_check) {
  get_heap_pages(kHeapOfSet);
  const auto texts = read_folder(directory, ".profile", limits, before_check);
  if (!texts.ok()) return texts.error();
  if (texts->empty()) {
    return Error{ErrorCode::kProfileSet,
                 "the profile folder " + directory + " has no file that ends in .profile"};
  }
  Result<ProfileSet> set = from_texts(*texts, architecture, limits);
  if (!set.ok()) {
    Error error = set.error();
    error.message += " of " + directory;
    return error;
  }
  Result<std::vector<WeightedCall>> weights = weights_of(directory, architecture, limits);
  if (!weights.ok()) return weights.error();
  set->weights_ = std::move(weights).value();
  set->directory_ = directory;
  return set;
}

Result<ProfileSet> ProfileSet::from_texts(const std::map<std::string, std::string>& texts,
                                          Architecture architecture, const ParseLimits& limits) {
  ProfileSet set;
  set.architecture_ = architecture;
  std::vector<Diagnostic> diagnostics;
  for (const auto& [file, text] : texts) {
    Result<Profile> profile = parse_profile(text, file, architecture, false, limits);
    if (profile.ok()) {
      set.profiles_.push_back(std::move(*profile));
    } else {
      append(diagnostics, std::move(profile).error().diagnostics);
    }
  }
  // An include of a file that is itself wrong would be reported as missing.
  if (diagnostics.empty()) {
    append(diagnostics, check_names(set.profiles_));
    append(diagnostics, check_includes(set.profiles_, limits.include_depth));
  }
  if (diagnostics.empty()) append(diagnostics, set.check_thread_creation());
  if (!diagnostics.empty()) return wrong_profiles(std::move(diagnostics));
  return set;
}

std::vector<Diagnostic> ProfileSet::check_thread_creation() const {
  std::vector<Diagnostic> diagnostics;
  for (const Profile& profile : profiles_) {
    append(diagnostics, qsbx::check_thread_creation(with_includes(profile), architecture_));
  }
  return diagnostics;
}

const Profile* ProfileSet::find(std::string_view name) const {
  const auto found = std::find_if(profiles_.begin(), profiles_.end(),
                                  [&](const Profile& profile) { return profile.name == name; });
  return found != profiles_.end() ? &*found : find_by_path(profiles_, name);
}

std::string ProfileSet::nearest_name(std::string_view name) const {
  NearestName nearest(name);
  for (const Profile& profile : profiles_) {
    nearest.consider(profile.name);
    nearest.consider(path_of(profile));
  }
  return nearest.name();
}

std::vector<const Profile*> ProfileSet::with_includes(const Profile& profile) const {
  std::vector<const Profile*> reached = {&profile};
  for (size_t next = 0; next < reached.size(); ++next) {
    const std::vector<Include>& includes = reached[next]->includes;
    for (const Include& include : includes) {
      if (const Profile* target = find_by_path(profiles_, include.path)) {
        add_once(reached, *target);
      }
    }
  }
  return reached;
}

}  // namespace qsbx
