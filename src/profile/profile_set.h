// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A folder of profiles, read whole, before anything is locked down or has changed its root.
#ifndef QSBX_PROFILE_PROFILE_SET_H_
#define QSBX_PROFILE_PROFILE_SET_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "src/errors/result.h"
#include "src/policy/weighted_call.h"
#include "src/profile/profile.h"

namespace qsbx {

class ProfileSet {
 public:
  // Reads every *.profile below `directory`. Fails (ErrorCode::kProfileSet) when the folder is
  // missing or empty, a file cannot be read, or any of it changes while it is read; with kProfile
  // and diagnostics when a text is wrong, an include is missing or circular, or two profiles have
  // one name. `before_check` is for tests: it is called when all files have been read and it has
  // not been looked yet whether they changed.
  static Result<ProfileSet> read(const std::string& directory, Architecture architecture,
                                 const ParseLimits& limits = {},
                                 const std::function<void()>& before_check = {});
  // The same from memory: path below the folder ("base/process.profile") -> text.
  static Result<ProfileSet> from_texts(const std::map<std::string, std::string>& texts,
                                       Architecture architecture, const ParseLimits& limits = {});

  const std::string& directory() const { return directory_; }
  Architecture architecture() const { return architecture_; }
  const std::vector<Profile>& profiles() const { return profiles_; }  // sorted by file
  // What recorded runs called, from the folder's weights/*.weights.
  const std::vector<WeightedCall>& weights() const { return weights_; }

  // By its name ("virtio-net"), or by path ("device/virtio-net"); nullptr when there is none.
  const Profile* find(std::string_view name) const;
  std::string nearest_name(std::string_view name) const;

  // The profile first, and all it includes, directly or not, each once.
  std::vector<const Profile*> with_includes(const Profile& profile) const;

 private:
  ProfileSet() = default;
  std::vector<Diagnostic> check_thread_creation() const;

  std::string directory_;
  Architecture architecture_ = Architecture::kX86_64;
  std::vector<Profile> profiles_;
  std::vector<WeightedCall> weights_;
};

}  // namespace qsbx

#endif
