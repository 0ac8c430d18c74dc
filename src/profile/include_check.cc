// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/profile/include_check.h"

#include <algorithm>
#include <map>

#include "src/profile/diagnostic_ids.h"
#include "src/profile/reporter.h"
#include "src/syscalls/nearest_name.h"

namespace qsbx {
namespace {

std::string nearest_path(const std::vector<Profile>& profiles, std::string_view path) {
  NearestName nearest(path);
  for (const Profile& profile : profiles) nearest.consider(path_of(profile));
  return nearest.name();
}

class IncludeCheck {
 public:
  IncludeCheck(const std::vector<Profile>& profiles, int depth_limit)
      : profiles_(profiles), depth_limit_(depth_limit) {}

  std::vector<Diagnostic> run() {
    for (const Profile& profile : profiles_) depth_of(profile);
    return std::move(diagnostics_);
  }

 private:
  static constexpr int kInProgress = -1;

  // How many files are reached one after the other, at most.
  int depth_of(const Profile& profile) {
    const auto [known, is_new] = depths_.emplace(&profile, kInProgress);
    if (!is_new) return known->second;
    int depth = 0;
    for (const Include& include : profile.includes) {
      depth = std::max(depth, depth_through(include));
    }
    return depths_[&profile] = depth;
  }

  int depth_through(const Include& include) {
    const Profile* target = find_by_path(profiles_, include.path);
    if (target == nullptr) {
      report(diagnostic::kUnknownInclude, include, "there is no profile " + quoted(include.path),
             did_you_mean(nearest_path(profiles_, include.path)));
      return 0;
    }
    const int depth = depth_of(*target);
    if (depth == kInProgress) {
      report(diagnostic::kIncludeCycle, include,
             include.path + " includes this file in its turn: a circle",
             "move what both need into a third profile");
      return 0;
    }
    if (depth == depth_limit_) {
      report(
          diagnostic::kIncludeTooDeep, include,
          "more than " + std::to_string(depth_limit_) + " files include one another from here on",
          "include what is needed directly");
    }
    return depth + 1;
  }

  void report(const char* id, const Include& include, std::string message, std::string hint) {
    diagnostics_.push_back({id, include.where, std::move(message), std::move(hint)});
  }

  const std::vector<Profile>& profiles_;
  int depth_limit_;
  std::map<const Profile*, int> depths_;
  std::vector<Diagnostic> diagnostics_;
};

}  // namespace

std::string_view path_of(const Profile& profile) {
  constexpr std::string_view kSuffix = ".profile";
  std::string_view path = profile.file;
  if (path.ends_with(kSuffix)) path.remove_suffix(kSuffix.size());
  return path;
}

const Profile* find_by_path(const std::vector<Profile>& profiles, std::string_view path) {
  const auto found = std::find_if(profiles.begin(), profiles.end(),
                                  [&](const Profile& profile) { return path_of(profile) == path; });
  return found == profiles.end() ? nullptr : &*found;
}

std::vector<Diagnostic> check_includes(const std::vector<Profile>& profiles, int depth_limit) {
  return IncludeCheck(profiles, depth_limit).run();
}

std::vector<Diagnostic> check_names(const std::vector<Profile>& profiles) {
  std::vector<Diagnostic> diagnostics;
  std::map<std::string_view, const Profile*> owners;
  for (const Profile& profile : profiles) {
    const auto [owner, is_new] = owners.emplace(profile.name, &profile);
    if (is_new) continue;
    diagnostics.push_back(
        {diagnostic::kNameTaken,
         {profile.file, 0, 0},
         "the name " + quoted(profile.name) + " is taken by " + owner->second->file,
         "give one of the two another name"});
  }
  return diagnostics;
}

}  // namespace qsbx
