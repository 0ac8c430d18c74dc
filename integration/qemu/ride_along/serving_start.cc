// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/qemu/ride_along/serving_start.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <cstdlib>

#include "integration/qemu/ride_along/lockdown_report.h"

namespace qsbx {
ServingStart& serving_start() {
  static ServingStart* const instance = new ServingStart;  // its threads may outlive main()
  return *instance;
}

Status ServingStart::prepare(const RideAlongSettings& settings,
                             const std::vector<std::string>& command_line) {
  settings_ = settings;
  observed_ = settings.mode == kModeOff;
  waits_ = true;
  if (observed_) return Done{};
  if (auto set_up = set_up_sandbox(); !set_up) return set_up;
  auto line = read_command_line(command_line);
  if (!line) return line.error();
  if (auto understood = check_understood(*line); !understood) return understood;
  if (line->daemonize) {
    if (auto kept = standard_error_.keep(sandbox_); !kept) return kept;
  }
  if (auto added = add_parts(*line); !added) return added;
  return sandbox_.prepare();
}

Status ServingStart::set_up_sandbox() {
  auto mode = mode_from_string(settings_.mode);
  if (!mode) return mode.error();
  sandbox_.set_mode(*mode);
  sandbox_.set_roles(settings_.roles == kRolesOn);
  auto report = open_lockdown_report(settings_.report_file);
  if (!report) return report.error();
  report_ = *report;
  if (auto loaded = sandbox_.load_profiles(settings_.profiles); !loaded) return loaded;
  for (const std::string& feature : settings_.features) {
    if (auto allowed = sandbox_.allow_feature(feature); !allowed) return allowed;
  }
  return Done{};
}

// Nobody else says what the line means.
Status ServingStart::check_understood(const CommandLine& line) {
  if (line.missing.empty()) return Done{};
  const Error error{ErrorCode::kUsage, line.missing.front()};
  if (!only_audits()) return error;
  say("qsbx: warning: " + error.message + "; mode audit: what only it tells is missing here");
  return Done{};
}

Status ServingStart::add_parts(const CommandLine& line) {
  Machine machine = line.machine;
  if (settings_.roles == kRolesOn) machine.add("option", "debug-threads");
  for (const Part& part : machine.parts) {
    if (auto added = sandbox_.add_part(part.kind, part.name); !added) return added;
  }
  return Done{};
}

void ServingStart::do_without(const Error& error) {
  broken_ = true;
  say("qsbx: warning: " + error.to_string() + "; mode audit: it serves without lockdown");
}

void ServingStart::main_loop_turns() {
  if (!waits_.load(std::memory_order_relaxed) || gettid() != getpid()) return;
  waits_ = false;
  if (observed_) {
    (void)prctl(kDevicesReadyMark, 0, 0, 0, 0);
  } else if (!broken_) {
    lock_down();
  }
}

void ServingStart::lock_down() {
  const size_t threads = count_threads();
  if (settings_.broker_socket >= 0) {
    sandbox_.set_broker({settings_.broker_socket, settings_.broker_process});
  }
  auto locked = sandbox_.lockdown();
  if (locked) {
    say(lockdown_announcement(sandbox_, threads));
    if (report_ >= 0 && !write_lockdown_report(report_, settings_, sandbox_, threads)) {
      say("qsbx: warning: the report " + settings_.report_file + " could not be written");
    }
  } else if (only_audits()) {
    do_without(locked.error());
  } else {
    say("qsbx: error: " + locked.error().to_string() + "; it ends, and has served nothing");
    exit(1);
  }
  if (report_ >= 0) close(report_);
  standard_error_.let_go();
}

void ServingStart::say(const std::string& line) const { standard_error_.say(line); }

}  // namespace qsbx
