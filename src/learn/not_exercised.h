// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The file `not-exercised` beside the profiles: rules that no recorded run exercises, and what
// would.
//
//   backend/aio-native io_cancel: a host whose disk answers so late that a guest gives up
//
// A line each, "PROFILE CALL: REASON"; the profile by its path, without .profile.
#ifndef QSBX_LEARN_NOT_EXERCISED_H_
#define QSBX_LEARN_NOT_EXERCISED_H_

#include <string>
#include <string_view>
#include <vector>

#include "src/profile/profile_set.h"

namespace qsbx {

struct NotExercised {
  const Profile* profile;
  int number;
  std::string reason;
  int line;
};

// Calls that only another architecture has are left out. kUsage names the line, and what is wrong
// with it: no such profile, it has no rule for the call that is counted and could grant something,
// or another line answers for it.
Result<std::vector<NotExercised>> parse_not_exercised(std::string_view text,
                                                      const std::string& file,
                                                      const ProfileSet& set);
// Of the folder that the set was read from. No such file: none. kUsage when it cannot be read.
Result<std::vector<NotExercised>> read_not_exercised(const ProfileSet& set);

}  // namespace qsbx

#endif
