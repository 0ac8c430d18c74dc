// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What was called, put together: by phase, by the role of the calling thread, by call, and by those
// arguments that say what a call is for.
#ifndef QSBX_LEARN_CALL_TABLE_H_
#define QSBX_LEARN_CALL_TABLE_H_

#include <cstdint>
#include <map>
#include <string>

#include "src/learn/telling_arguments.h"
#include "src/profile/profile.h"

namespace qsbx {

// How often one call was made, and with what.
struct CallCounts {
  // More different values than these are only counted.
  static constexpr size_t kMostValues = 64;

  uint64_t count = 0;
  std::map<TellingArguments, uint64_t> values = {};
  uint64_t of_more_values = 0;

  void add(const TellingArguments& telling, uint64_t times);
  void add(const CallCounts& other);
  void add_of_more_values(uint64_t times);
};

struct CallKey {
  Phase phase;
  std::string role;  // one of roles(), or kChildRole
  int64_t number;

  auto operator<=>(const CallKey&) const = default;
};

using CallTable = std::map<CallKey, CallCounts>;

// The role of programs that QEMU starts; not one of roles().
inline constexpr char kChildRole[] = "child";

std::string phase_name(Phase phase);  // "boot", "run"

// "fcntl", or the number of a call that is not known.
std::string traced_call_name(Architecture architecture, int64_t number);

// The role whose policy is in force for the call: by the first calls of a thread, under what it is
// born with, it does not have its own yet, and main starts threads of every role.
std::string role_in_force(Architecture architecture, const CallKey& key);

}  // namespace qsbx

#endif
