// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/qemu/ride_along/guest_start.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>

#include "integration/qemu/ride_along/lockdown_report.h"
#include "integration/qemu/ride_along/monitor_end.h"
#include "src/machine/monitor_command.h"
#include "src/machine/qmp_machine.h"

namespace qsbx {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr milliseconds kPreconfigPoll{50};
constexpr milliseconds kTrafficPoll{20};
constexpr seconds kTimeToEnd{5};
constexpr seconds kTimeToEndByItself{600};
// So much longer than it takes to read the machine is the pause between two reads for no reason
// but traffic, which may be that of a VNC client.
constexpr int kPauseBetweenReads = 100;
constexpr seconds kLongestPause{1};

// A command line may hold still (-preconfig), memory take minutes to be made, or the process at the
// other end of a device's socket come late: QEMU answers when it has made its machine.
const Deadline kNever = Deadline::max();
constexpr std::chrono::hours kAsLongAsItTakes{24 * 365};

// What QMP does not tell, or is not asked (read_machine()).
bool comes_from_command_line(const Part& part) {
  const std::string& kind = part.kind;
  return kind == "aio" || kind == "monitor" || kind == "fsdev" || kind == "option" ||
         kind == "audio" || kind == "netdev" || (kind == "display" && part.name == "spice");
}

Error started_too_early() {
  return Error{ErrorCode::kState,
               "the guest was started before the lockdown could be prepared; start it only when "
               "QEMU's monitor has answered"};
}

Error changed_and_started() {
  return Error{ErrorCode::kState,
               "a monitor changed the machine and started the guest at once; start it when QEMU "
               "has answered the change"};
}

bool has_kind(const Machine& machine, std::string_view kind) {
  for (const Part& part : machine.parts) {
    if (part.kind == kind) return true;
  }
  return false;
}

}  // namespace

Status GuestStart::prepare(const RideAlongSettings& settings,
                           const std::vector<std::string>& command_line) {
  settings_ = settings;
  observed_ = settings.mode == kModeOff;
  if (!observed_) {
    auto mode = mode_from_string(settings.mode);
    if (!mode) return mode.error();
    sandbox_.set_mode(*mode);
    sandbox_.set_roles(settings.roles == kRolesOn);
  }
  auto understood = read_command_line(command_line);
  command_line_ = understood ? *understood : read_states(command_line);
  if (!understood) not_understood_ = understood.error();
  if (!command_line_.unread.empty()) {
    not_understood_ = Error{ErrorCode::kUsage, command_line_.unread.front()};
  }
  if (command_line_.daemonize) {
    if (auto kept = standard_error_.keep(sandbox_); !kept) return kept;
  }
  if (observed_) return Done{};
  auto report = open_lockdown_report(settings.report_file);
  if (!report) return report.error();
  report_ = *report;
  if (auto loaded = sandbox_.load_profiles(settings.profiles); !loaded) return loaded;
  for (const std::string& feature : settings.features) {
    if (auto allowed = sandbox_.allow_feature(feature); !allowed) return allowed;
  }
  return Done{};
}

void GuestStart::run() {
  close(settings_.monitor_config);
  if (settings_.broker_socket >= 0) {
    sandbox_.set_broker({settings_.broker_socket, settings_.broker_process});
  }
  // With -preconfig there is a machine only after some answers.
  monitor_end().hold_answers(!broken_ && !observed_ && !command_line_.preconfig);
  QmpSocket socket(settings_.own_socket);
  QmpClient qmp(socket, kAsLongAsItTakes);
  auto talked = talk(qmp);
  if (!talked && !only_audits()) return end_qemu(qmp, talked.error());
  if (!talked) {
    report_failure(talked.error());
    start_without_lockdown(qmp);
  }
  monitor_end().let_guest_run();
  close_own();
}

// QEMU reads what is sent to it here until let_guest_run(), and no longer.
void GuestStart::start_without_lockdown(QmpClient& qmp) {
  if (started_guest_ || command_line_.stopped || !qmp.send({"cont"})) return;
  for (;;) {
    const auto event = qmp.await_event(kNever);
    if (!event || (*event && ((*event)->name == "RESUME" || (*event)->name == "refused"))) return;
  }
}

// From the first answer on, QEMU tells of a start, and holds it until there is a lockdown. Should
// that be while questions are open, the machine is what the last look found.
Status GuestStart::talk(QmpClient& qmp) {
  qmp.give_way_to("RESUME");
  if (auto greeted = qmp.greet(kNever); !greeted) return greeted;
  if (!observed_) {
    if (auto presumed = presume(qmp.version()); !presumed) return presumed;
  }
  Status known = get_to_know(qmp);
  if (!known && known.error().saved_errno != EINTR) return known;
  if (auto understood = check_understood(); !understood) return understood;
  // While a migration comes in, this only says that the guest runs at its end.
  if (!command_line_.stopped && known) {
    if (auto sent = qmp.send({"cont"}); !sent) return sent;
    started_guest_ = true;
  }
  if (auto resumed = await_resume(qmp); !resumed) return resumed;
  if (observed_ && !broken_) mark_devices_ready();
  return broken_ || observed_ ? Status(Done{}) : lock_down();
}

// QEMU makes its devices meanwhile. Nearly always it has those profiles in the end, and what is
// ready for them then need not be made; where it has others, this was in vain.
Status GuestStart::presume(const nlohmann::json& version) {
  Machine presumed = command_line_.machine;
  add_version(version, presumed);
  if (auto added = add_parts(presumed); !added) return added;
  if (only_audits()) return Done{};  // preparing would say what has no profile
  (void)sandbox_.prepare();
  if (starts_under_boot()) (void)sandbox_.prepare_boot();
  return Done{};
}

Status GuestStart::get_to_know(QmpClient& qmp) {
  if (auto ready = qmp.negotiate(kNever); !ready) return ready;
  // From now on QEMU tells us of a start, and waits. With -preconfig others have to speak first.
  if (command_line_.preconfig) monitor_end().keep_others_silent(false);
  if (auto waits = check_not_started(qmp); !waits) return waits;
  if (auto there = await_machine(qmp); !there) return there;
  if (!broken_ && !observed_) {
    if (auto known = look_first(qmp); !known) return known;
  }
  monitor_end().keep_others_silent(false);
  return Done{};
}

Status GuestStart::look_first(QmpClient& qmp) {
  monitor_end().hold_answers(true);
  if (starts_under_boot()) {
    if (auto booted = sandbox_.boot(); !booted) return booted;
  }
  return read_again(qmp);
}

// Only now: where QEMU does not understand its command line either, it has said so itself, and
// ended.
Status GuestStart::check_understood() {
  for (const std::string& missing : command_line_.missing) say("qsbx: warning: " + missing);
  if (!not_understood_ || observed_) return Done{};
  Error error{ErrorCode::kUsage, "QEMU's command line cannot be read here: " +
                                     not_understood_->message + "; write it so that it can"};
  if (!only_audits()) return error;
  say("qsbx: warning: " + error.message + "; mode audit: what only it tells is missing here");
  return Done{};
}

// A start before QEMU's first answer cannot be held: a monitor or debugger whose commands were
// there before QEMU was.
Status GuestStart::check_not_started(QmpClient& qmp) {
  auto status = qmp.execute({"query-status"});
  if (!status) return status.error();
  if (!status->is_object() || status->value("running", nlohmann::json()) != true) return Done{};
  return started_too_early();
}

Status GuestStart::await_machine(QmpClient& qmp) {
  for (;;) {
    auto exists = machine_exists(qmp);
    if (!exists) return exists.error();
    if (*exists) return Done{};
    std::this_thread::sleep_for(kPreconfigPoll);
  }
}

Status GuestStart::read_again(QmpClient& qmp) {
  const uint64_t changes = monitor_end().changes();
  const auto begin = steady_clock::now();
  auto told = read_machine(qmp, kRideAlongMonitor, [this](const std::string& type) {
    return sandbox_.covers({"device", type});
  });
  if (!told) return told.error();
  const auto took = steady_clock::now() - begin;
  hear_commands();
  if (auto added = add_parts(*told); !added) return added;
  if (auto prepared = sandbox_.prepare(); !prepared) return prepared;
  machine_known_ = true;
  monitor_end().set_known(changes);
  next_read_ = steady_clock::now() +
               std::min<steady_clock::duration>(kPauseBetweenReads * took, kLongestPause);
  return Done{};
}

// Parts stay when what a command added has gone, or it failed: a few grants too many.
void GuestStart::hear_commands() {
  for (const std::string& command : monitor_end().commands(heard_commands_)) {
    ++heard_commands_;
    auto added = read_monitor_command(command);
    if (added) {
      heard_parts_.insert(added->begin(), added->end());
    } else if (!heard_unreadable_) {
      heard_unreadable_ = true;
      say("qsbx: warning: a command to a monitor cannot be read here: " + added.error().message +
          "; whatever it may have added, block nodes get every aio mode and taps vhost");
    }
  }
}

void GuestStart::add_unknown_modes(Machine& machine) const {
  // What replaces a node may be opened in the standard mode, whatever the node had.
  if (heard_commands_ > 0 && has_kind(machine, "block")) machine.add("aio", "threads");
  if (!heard_unreadable_) return;
  if (has_kind(machine, "block")) {
    machine.add("aio", "native");
    machine.add("aio", "io_uring");
  }
  if (machine.parts.contains({"netdev", "tap"})) machine.add("netdev", "tap+vhost");
}

Status GuestStart::add_parts(const Machine& told) {
  sandbox_.clear_parts();
  Machine machine = told;
  machine.parts.insert(heard_parts_.begin(), heard_parts_.end());
  add_unknown_modes(machine);
  for (const Part& part : command_line_.machine.parts) {
    if (comes_from_command_line(part)) machine.add(part.kind, part.name);
  }
  // The launcher has said -name debug-threads=on.
  if (settings_.roles == kRolesOn) machine.add("option", "debug-threads");
  if (has_kind(machine, "block") && !has_kind(machine, "aio")) machine.add("aio", "threads");
  for (const Part& part : machine.parts) {
    if (auto added = sandbox_.add_part(part.kind, part.name); !added) return added;
  }
  return Done{};
}

// Whoever starts the guest waits in its RESUME event (monitor_end.h). Until then the machine may
// change, and each change comes with some other traffic.
Status GuestStart::await_resume(QmpClient& qmp) {
  for (;;) {
    auto event = qmp.await_event(steady_clock::now() + kTrafficPoll);
    if (!event) return event.error();
    if (*event && (*event)->name == "RESUME") return check_known();
    if (*event && (*event)->name == "refused") {
      say("qsbx: warning: QEMU does not start its guest: " + (*event)->refusal);
    }
    if (!*event && !broken_ && !observed_ && must_read_again()) {
      auto read = read_again(qmp);
      if (!read && read.error().saved_errno != EINTR) return read;
    }
  }
}

bool GuestStart::must_read_again() const {
  if (monitor_end().is_stale()) return true;
  return steady_clock::now() >= next_read_ && monitor_end().take_other_traffic();
}

// QEMU answers nothing while it waits in RESUME, so what came in one go with the start is not
// known. What a command line says of a machine is not enough: of a disk only QEMU knows what is
// below.
Status GuestStart::check_known() {
  if (broken_ || observed_ || (machine_known_ && !monitor_end().is_stale())) return Done{};
  const Error error = machine_known_ ? changed_and_started() : started_too_early();
  if (!only_audits()) return error;
  say("qsbx: warning: " + error.message + "; mode audit: what was added is not known");
  return Done{};
}

Status GuestStart::lock_down() {
  const size_t threads = count_threads();
  if (auto locked = sandbox_.lockdown(); !locked) return locked;
  write_report(threads);  // which is there for who has read the line
  say(lockdown_announcement(sandbox_, threads));
  return Done{};
}

void GuestStart::mark_devices_ready() { (void)prctl(kDevicesReadyMark, 0, 0, 0, 0); }

void GuestStart::write_report(size_t threads) {
  if (report_ < 0 || write_lockdown_report(report_, settings_, sandbox_, threads)) return;
  say("qsbx: warning: the report " + settings_.report_file + " could not be written");
}

// QEMU ends by itself where it can, so that its sockets, its PID file and the terminal are as it
// leaves them. A conversation that ended may just mean that it is ending already.
void GuestStart::end_qemu(QmpClient& qmp, const Error& error) {
  const bool conversation_over = error.code == ErrorCode::kState && error.saved_errno == EPIPE;
  if (!conversation_over) report_failure(error);
  failed_ = !conversation_over;
  monitor_end().end_instead();
  (void)qmp.send({"quit"});
  std::this_thread::sleep_for(conversation_over ? kTimeToEndByItself : kTimeToEnd);
  if (conversation_over) report_failure(error);
  _exit(1);
}

void GuestStart::report_failure(const Error& error) {
  broken_ = true;
  monitor_end().keep_others_silent(false);
  monitor_end().hold_answers(false);
  if (observed_) {
    say("qsbx: warning: " + error.to_string() + "; when devices are ready is not recorded");
    return;
  }
  say(only_audits()
          ? "qsbx: warning: " + error.to_string() + "; mode audit: the guest runs without lockdown"
          : "qsbx: error: " + error.to_string() + "; QEMU ends without lockdown");
}

void GuestStart::say(const std::string& line) const { standard_error_.say(line); }

void GuestStart::close_own() {
  close(settings_.own_socket);
  if (report_ >= 0) close(report_);
  standard_error_.let_go();
}

}  // namespace qsbx
