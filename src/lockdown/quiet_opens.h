// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Opens that are refused without a report. A guest's life has a few that fail without harm, and a
// report of each would teach people to overlook reports.
#ifndef QSBX_LOCKDOWN_QUIET_OPENS_H_
#define QSBX_LOCKDOWN_QUIET_OPENS_H_

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace qsbx {

class QuietOpens {
 public:
  // With the files that the process has open now: QEMU opens its images a second time to lower its
  // permissions when a guest ends, and goes on with the descriptor it has when it cannot.
  static QuietOpens of_process(pid_t process);

  // Safe in a signal handler.
  bool contains(std::string_view path) const;

 private:
  std::string folder_;              // the current one, with a slash at its end
  std::vector<std::string> files_;  // sorted
};

}  // namespace qsbx

#endif
