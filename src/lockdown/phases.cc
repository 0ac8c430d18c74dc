// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Prepare, then apply. What can fail or allocate comes first; the last step is the install, which
// the kernel does for all threads or for none. Where it fails, handler and listener are undone.
#include <linux/seccomp.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "kernel/thread_state.h"
#include "src/lockdown/audit_listener.h"
#include "src/lockdown/call_text.h"
#include "src/lockdown/in_force.h"
#include "src/lockdown/ring_report.h"
#include "src/lockdown/sandbox.h"
#include "src/lockdown/stopwatch.h"
#include "src/lockdown/thread_roles.h"
#include "src/lockdown/thread_spawner.h"
#include "src/lockdown/trap_handler.h"
#include "src/policy/algebra.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

bool is_granted(const Policy& policy, std::string_view name, const Arguments& arguments) {
  const Syscall* syscall = find_syscall(policy.architecture(), name);
  if (syscall == nullptr) return false;
  const Call call = {audit_architecture(policy.architecture()), syscall->number, arguments};
  return evaluate(policy, call).verdict == Verdict::kAllow;
}

Error already_in_force(const char* phase) {
  return {ErrorCode::kState, std::string("this process is already ") + phase +
                                 "; a policy cannot be taken back or put in force twice"};
}

// The handler has to know whose violation it sees, and a listener cannot follow one that kills.
Status check_same_mode(Mode mode) {
  const InForce& state = in_force();
  if (!state.boot || state.mode == mode) return Done{};
  return Error{ErrorCode::kState,
               "the boot policy is in force in mode " + std::string(mode_name(state.mode)) +
                   "; lockdown must have the same mode, not " + std::string(mode_name(mode))};
}

std::string text_of(const Call& call) {
  struct seccomp_data data = {};
  data.nr = call.number;
  data.arch = call.audit_arch;
  std::copy(call.arguments.begin(), call.arguments.end(), data.args);
  Line line;
  append_call(line, native_architecture(), data);
  return std::string(line.view());
}

Status check_tightens_boot(const Policy& run) {
  const InForce& state = in_force();
  if (!state.boot) return Done{};
  auto wider = granted_only_by(run, *state.boot);
  if (!wider) return std::move(wider).error();
  if (!*wider) return Done{};
  const Call& call = **wider;
  const Decision decision = evaluate(run, call);
  return Error{ErrorCode::kPolicy,
               "the run policy grants more than the boot policy that is in force: " +
                   text_of(call) + " is granted only by the run policy, at " +
                   (decision.origin ? decision.origin->to_string() : "an unknown place") +
                   "; grant it in a profile of phase boot, too"};
}

Status check_lets_lockdown_follow(const Policy& boot) {
  const Arguments install = {SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC};
  const Arguments ask = {SECCOMP_GET_ACTION_AVAIL};
  if (is_granted(boot, "seccomp", install) && is_granted(boot, "seccomp", ask)) return Done{};
  return Error{ErrorCode::kPolicy,
               "the boot policy does not grant seccomp(2), so lockdown could not follow; add "
               "'seccomp: 1' to a profile of phase boot"};
}

std::string what_is_in_force(bool boot, bool opens_handed_over) {
  if (!boot && !opens_handed_over) return "nothing is in force";
  std::string stays = "the boot policy stays";
  if (opens_handed_over) stays = "the filter by which opens are handed over stays";
  if (boot && opens_handed_over) {
    stays = "the boot policy and the filter by which opens are handed over stay";
  }
  return stays + " in force, nothing else is";
}

// What stays of a failed install, for the message.
Error with_consequences(Error error, Kernel& kernel) {
  const bool boot = in_force().boot != nullptr;
  error.message += "; " + what_is_in_force(boot, in_force().opens_handed_over);
  if (!boot && kernel.get_no_new_privs() == 1) error.message += ", but no_new_privs is set";
  return error;
}

Selection select_boot_profiles(const ProfileSet& set) {
  Selection selection;
  for (const Profile& profile : set.profiles()) {
    if (profile.phase != Phase::kBoot) continue;
    for (const Profile* used : set.with_includes(profile)) selection.add(*used, "phase boot");
  }
  return selection;
}

std::vector<ThreadState> threads_that_block_sigsys() {
  auto threads = threads_of(getpid());
  if (!threads) return {};
  std::erase_if(*threads, [](const ThreadState& thread) { return !thread.blocks_sigsys; });
  return std::move(threads).value();
}

// The C library blocks all signals while a thread starts, so that one look is not enough.
constexpr int kLooks = 5;
constexpr std::chrono::milliseconds kBetweenLooks(2);

// The kernel kills where it cannot deliver SIGSYS, and mode errno promises that it does not.
void warn_of_blocked_sigsys(const ReportTarget& target) {
  auto threads = threads_that_block_sigsys();
  for (int look = 1; look < kLooks && !threads.empty(); ++look) {
    std::this_thread::sleep_for(kBetweenLooks);
    threads = threads_that_block_sigsys();
  }
  if (threads.empty()) return;
  Line()
      .text("qsbx: warning: mode errno: ")
      .decimal(static_cast<int64_t>(threads.size()))
      .text(" threads block SIGSYS, such as ")
      .decimal(threads.front().tid)
      .text(" \"")
      .untrusted(threads.front().name)
      .text("\"; a violation of theirs ends the process, without a report")
      .write_to(target.descriptor());
}

Status check_hands_over(Kernel& kernel, bool wanted) {
  if (!wanted) return Done{};
  return check_filter_support(kernel, {.new_listener = true});
}

}  // namespace

Status Sandbox::prepare_boot() {
  if (auto loaded = require_profiles(); !loaded) return loaded;
  if (in_force().boot) return already_in_force("under a boot policy");
  if (mode_ == Mode::kAudit) return Done{};
  if (is_for_this_process(boot_prepared_)) return Done{};
  auto prepared = prepare_policy(select_boot_profiles(*set_), compose_boot(*set_), Phase::kBoot,
                                 features_of(*set_));
  if (!prepared) return std::move(prepared).error();
  if (auto follows = check_lets_lockdown_follow(*prepared->policy); !follows) return follows;
  boot_prepared_ = std::move(prepared).value();
  return Done{};
}

Status Sandbox::boot() {
  if (in_force().locked_down) return already_in_force("locked down");
  if (auto prepared = prepare_boot(); !prepared || mode_ == Mode::kAudit) return prepared;
  if (auto installed = install(*boot_prepared_); !installed) return installed;
  in_force().boot = boot_prepared_->policy;
  return Done{};
}

Status Sandbox::lockdown() {
  if (in_force().locked_down) return already_in_force("locked down");
  if (auto same = check_same_mode(mode_); !same) return same;
  forget_what_is_outdated();
  if (auto prepared = prepare(); !prepared) return prepared;
  if (auto narrower = check_tightens_boot(*prepared_->policy); !narrower) return narrower;
  if (auto closed = close_role_programs(); !closed) return closed;
  if (auto installed = install(*prepared_); !installed) return installed;
  in_force().locked_down = true;
  if (prepared_->role_programs == nullptr) return Done{};
  in_force().role_programs = prepared_->role_programs;
  roll_out(*in_force().role_programs);
  return Done{};
}

// The last that has to be done before threads can take them.
Status Sandbox::close_role_programs() {
  if (prepared_->role_programs == nullptr) return Done{};
  if (auto started = start_spawner(); !started) return started;
  const Policy* boot = in_force().boot.get();
  return prepared_->role_programs->close(boot == nullptr || always_grants(*boot, "mseal"));
}

void Sandbox::report_rings(const Policy& policy) {
  rings_.reset();
  const int descriptor = report_target_->descriptor();
  if (!may_read_proc()) {
    Line()
        .text(
            "qsbx: warning: io_uring rings are not looked for: the boot policy does not let this "
            "process read /proc")
        .write_to(descriptor);
    return;
  }
  auto rings = io_uring_of(getpid());
  if (!rings) {
    Line()
        .text("qsbx: warning: io_uring rings are not known: ")
        .text(rings.error().message)
        .write_to(descriptor);
    return;
  }
  rings_ = std::move(rings).value();
  if (!rings_->empty()) Line().text(ring_report(*rings_, policy, mode_)).write_to(descriptor);
}

// After success nothing here frees memory or makes a call that the policy may not grant.
Status Sandbox::install(const Prepared& prepared) {
  const bool may_read_clock = is_granted(*prepared.policy, "clock_gettime", {CLOCK_MONOTONIC});
  const FilterOptions options = {.log = kernel_log_, .new_listener = mode_ == Mode::kAudit};
  const Stopwatch stopwatch;
  if (auto supported = check_filter_support(kernel_, options); !supported) {
    return with_consequences(std::move(supported).error(), kernel_);
  }
  if (auto hands = check_hands_over(kernel_, prepared.handing_over.has_value()); !hands) {
    return with_consequences(std::move(hands).error(), kernel_);
  }
  if (mode_ == Mode::kErrno) warn_of_blocked_sigsys(*report_target_);
  report_rings(*prepared.policy);
  for (const std::string& left : prepared.binding.warnings) {
    Line()
        .text("qsbx: warning: ")
        .text(left)
        .text("; rules for it let any descriptor through, and it can be closed")
        .write_to(report_target_->descriptor());
  }
  if (may_read_proc()) prepared.report->look_at_open_files();
  in_force().reports.push_back(prepared.report);
  auto installed = mode_ == Mode::kAudit ? install_with_listener(prepared, options)
                                         : install_with_handler(prepared, options);
  if (!installed) {
    in_force().reports.pop_back();
    return with_consequences(std::move(installed).error(), kernel_);
  }
  in_force().mode = mode_;
  if (may_read_clock) timings_.install = stopwatch.microseconds();
  return Done{};
}

// A broker that has ended is no reason not to lock down: its opens fail, now as later.
Status Sandbox::hand_opens_over(const VerifiedProgram& program) {
  if (in_force().opens_handed_over) return Done{};  // by an attempt that failed later
  auto installed = install_filter(kernel_, program, {.new_listener = true});
  if (!installed) return std::move(installed).error();
  in_force().opens_handed_over = true;  // whatever becomes of the broker
  auto given = give_listener(*broker_, installed->listener, report_target_->descriptor());
  broker_.reset();
  if (given) return Done{};
  Line()
      .text("qsbx: warning: ")
      .text(given.error().message)
      .text("; every open that it was to decide fails with ENOSYS")
      .write_to(report_target_->descriptor());
  return Done{};
}

Status Sandbox::install_with_handler(const Prepared& prepared, const FilterOptions& options) {
  auto handler = TrapHandler::set_up(*prepared.report);
  if (!handler) return std::move(handler).error();
  Status handed = prepared.handing_over ? hand_opens_over(*prepared.handing_over) : Status(Done{});
  if (!handed) {
    handler->undo();
    return handed;
  }
  auto installed = install_filter(kernel_, prepared.program, options);
  if (installed) return Done{};
  handler->undo();
  return std::move(installed).error();
}

Status Sandbox::install_with_listener(const Prepared& prepared, const FilterOptions& options) {
  auto listener = AuditListener::start(*prepared.report);
  if (!listener) return std::move(listener).error();
  auto installed = install_filter(kernel_, prepared.program, options);
  if (installed) {
    listener->hand_over(installed->listener);
    return Done{};
  }
  listener->stop();
  return std::move(installed).error();
}

}  // namespace qsbx
