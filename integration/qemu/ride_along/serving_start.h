// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The lockdown of qemu-storage-daemon and qemu-nbd from within. They have no monitor that could be
// asked, nor -S: their machine is what the command line says, and the main thread locks the process
// down itself when it comes to the main loop for the first time. Everything is open then, they have
// gone into the background, and nobody has been served: clients that have connected meanwhile wait
// for that very loop.
#ifndef QSBX_RIDE_ALONG_SERVING_START_H_
#define QSBX_RIDE_ALONG_SERVING_START_H_

#include <atomic>
#include <string>
#include <vector>

#include "integration/qemu/ride_along/settings.h"
#include "integration/qemu/ride_along/standard_error.h"
#include "src/errors/result.h"
#include "src/lockdown/sandbox.h"
#include "src/machine/command_line.h"

namespace qsbx {

class ServingStart {
 public:
  // Before the program's main(): everything that needs files, and all that can be known to be
  // wrong.
  Status prepare(const RideAlongSettings& settings, const std::vector<std::string>& command_line);
  bool only_audits() const { return observed_ || sandbox_.mode() == Mode::kAudit; }
  // It serves without a lockdown, and says so.
  void do_without(const Error& error);

  // The calling thread is about to wait for work.
  void main_loop_turns();

 private:
  Status set_up_sandbox();
  Status check_understood(const CommandLine& line);
  Status add_parts(const CommandLine& line);
  void lock_down();
  void say(const std::string& line) const;

  RideAlongSettings settings_;
  Sandbox sandbox_;
  int report_ = -1;
  StandardError standard_error_;
  bool observed_ = false;
  bool broken_ = false;
  std::atomic<bool> waits_ = false;
};

ServingStart& serving_start();

}  // namespace qsbx

#endif
