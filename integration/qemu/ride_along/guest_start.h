// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The lockdown of a QEMU from within, while its guest waits to be started.
#ifndef QSBX_RIDE_ALONG_GUEST_START_H_
#define QSBX_RIDE_ALONG_GUEST_START_H_

#include <atomic>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "integration/qemu/ride_along/settings.h"
#include "integration/qemu/ride_along/standard_error.h"
#include "src/errors/result.h"
#include "src/lockdown/sandbox.h"
#include "src/machine/command_line.h"
#include "src/machine/qmp.h"

namespace qsbx {

class GuestStart {
 public:
  // Before QEMU's main(): everything that needs files. `command_line` is the user's.
  Status prepare(const RideAlongSettings& settings, const std::vector<std::string>& command_line);

  // In a thread of its own, from QEMU's greeting until the guest runs.
  void run();

  // For what goes wrong before run().
  void report_failure(const Error& error);
  bool only_audits() const { return observed_ || sandbox_.mode() == Mode::kAudit; }
  // The guest was never started, and the process must not end as if all were well.
  bool failed() const { return failed_; }

 private:
  Status talk(QmpClient& qmp);
  void start_without_lockdown(QmpClient& qmp);
  Status presume(const nlohmann::json& version);
  bool starts_under_boot() const { return command_line_.stopped || command_line_.incoming; }
  Status get_to_know(QmpClient& qmp);
  Status look_first(QmpClient& qmp);
  Status check_understood();
  Status check_not_started(QmpClient& qmp);
  Status await_machine(QmpClient& qmp);
  Status read_again(QmpClient& qmp);
  void hear_commands();
  Status add_parts(const Machine& told);
  void add_unknown_modes(Machine& machine) const;
  Status await_resume(QmpClient& qmp);
  bool must_read_again() const;
  Status check_known();
  Status lock_down();
  void mark_devices_ready();
  void write_report(size_t threads);
  void end_qemu(QmpClient& qmp, const Error& error);
  void say(const std::string& line) const;
  void close_own();

  RideAlongSettings settings_;
  CommandLine command_line_;
  std::optional<Error> not_understood_;
  size_t heard_commands_ = 0;   // of users' monitors, so far
  std::set<Part> heard_parts_;  // that these commands may have added, where QMP does not tell
  bool heard_unreadable_ = false;
  Sandbox sandbox_;
  std::chrono::steady_clock::time_point next_read_;
  int report_ = -1;
  StandardError standard_error_;
  bool started_guest_ = false;  // our own `cont` is on its way
  bool machine_known_ = false;  // QEMU has told of it
  bool observed_ = false;       // mode off: all there is to do is to say when devices are ready
  bool broken_ = false;         // audit only: the guest runs without lockdown
  std::atomic<bool> failed_ = false;
};

}  // namespace qsbx

#endif
