// SPDX-License-Identifier: LGPL-2.1-or-later
//
// `qsbx run`: starts an unmodified QEMU and has it locked down when its devices are ready.
#ifndef QSBX_INTEGRATION_QEMU_LAUNCH_RUN_H_
#define QSBX_INTEGRATION_QEMU_LAUNCH_RUN_H_

#include <string>
#include <vector>

namespace qsbx {

struct RunOptions {
  std::string mode = "enforce";
  std::vector<std::string> features;  // what may be done after lockdown: "hotplug", ...
  std::string report_file;            // empty: no report
  std::string profiles;               // empty: $QSBX_PROFILES or else the installed folder
  std::vector<std::string> command;   // QEMU and its arguments
  std::vector<std::string> opens;     // what a broker may open after lockdown: "/srv/a.qcow2:rw"
  bool roles = false;                 // threads get programs of their own, by their roles
  bool landlock = false;              // a wall besides: integration/qemu/launch/wall.h
  std::vector<std::string> let_read;  // through that wall
  std::vector<std::string> let_write;
  bool observed = false;  // nothing is put in force: see kModeOff of settings.h
};

// Becomes QEMU, in the same process. Comes back only when it cannot, after one line on standard
// error, with the exit status: 2 for bad usage or input, 3 where this machine lacks something.
int run_command(const RunOptions& options);

}  // namespace qsbx

#endif
