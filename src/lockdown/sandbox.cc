// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/sandbox.h"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>

#include "src/compile/compile.h"
#include "src/lockdown/handed_opens.h"
#include "src/lockdown/in_force.h"
#include "src/lockdown/own_signals.h"
#include "src/lockdown/reporting_needs.h"
#include "src/lockdown/stopwatch.h"

namespace qsbx {
namespace {

std::string joined(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string description_of(Mode mode, size_t calls, const Selection& selection) {
  constexpr size_t kNamed = 20;
  std::string names;
  for (size_t i = 0; i < std::min(selection.profiles.size(), kNamed); ++i) {
    names += (i == 0 ? "" : ", ") + selection.profiles[i].profile->name;
  }
  if (selection.profiles.size() > kNamed) names += ", ...";
  return std::string(mode_name(mode)) + ": " + std::to_string(calls) + " system calls from " +
         std::to_string(selection.profiles.size()) + " profiles (" + names + ")";
}

// Calls that may run, on whatever condition. What is only refused with an errno is no grant.
size_t count_granted(const Policy& policy) {
  return static_cast<size_t>(std::ranges::count_if(
      policy.calls(), [](const auto& entry) { return !entry.second.grants.empty(); }));
}

// What the profiles say, for this process, with what the library itself needs.
Result<Policy> completed(const Policy& composed, Mode mode, Phase phase,
                         const ReportTarget& target) {
  if (phase == Phase::kRun) {
    if (auto keeps = check_keeps_sigsys(composed); !keeps) return std::move(keeps).error();
  }
  auto policy = join(phase == Phase::kRun ? with_signals_to(composed, getpid()) : composed,
                     reporting_needs(mode, composed.architecture(), target.descriptor()));
  if (!policy || mode != Mode::kErrno) return policy;
  return join(*policy, unreported_refusals(*policy));
}

void warn(const Error& error, const ReportTarget& target) {
  Line().text("qsbx: warning: ").text(error.message).write_to(target.descriptor());
}

}  // namespace

Result<Mode> mode_from_string(std::string_view text) {
  for (const Mode mode : {Mode::kEnforce, Mode::kErrno, Mode::kAudit}) {
    if (text == mode_name(mode)) return mode;
  }
  return Error{ErrorCode::kUsage,
               "'" + std::string(text) + "' is no mode; the modes are enforce, errno and audit"};
}

std::string default_profile_folder() {
  const char* chosen = secure_getenv("QSBX_PROFILES");
  return chosen != nullptr && *chosen != '\0' ? chosen : QSBX_PROFILE_DIR;
}

Status Sandbox::load_profiles(const std::string& directory) {
  Stopwatch stopwatch;
  auto set = ProfileSet::read(directory.empty() ? default_profile_folder() : directory,
                              native_architecture());
  if (!set) return std::move(set).error();
  use_profiles(std::move(set).value());
  timings_.read = stopwatch.microseconds();
  return Done{};
}

void Sandbox::use_profiles(ProfileSet set) {
  prepared_.reset();
  set_ = std::move(set);
}

void Sandbox::set_mode(Mode mode) {
  if (mode != mode_) prepared_.reset();
  mode_ = mode;
}

Status Sandbox::set_report_descriptor(int descriptor) {
  auto target = ReportTarget::duplicate_of(descriptor);
  if (!target) return std::move(target).error();
  prepared_.reset();
  report_target_ = std::move(target).value();
  return Done{};
}

void Sandbox::set_broker(const BrokerLink& broker) {
  prepared_.reset();
  broker_ = broker;
  allow_reading(broker);
}

Status Sandbox::add_part(std::string_view kind, std::string_view name) {
  if (!is_part_kind(kind)) {
    const std::vector<std::string>& kinds = part_kinds();
    return Error{ErrorCode::kUsage, "'" + std::string(kind) +
                                        "' is no kind of part; the kinds are " +
                                        joined({kinds.begin(), kinds.end()})};
  }
  prepared_.reset();
  machine_.add(kind, name);
  return Done{};
}

void Sandbox::clear_parts() {
  prepared_.reset();
  machine_.parts.clear();
}

Status Sandbox::allow_feature(std::string_view feature) {
  if (auto loaded = require_profiles(); !loaded) return loaded;
  const std::set<std::string> features = features_of(*set_);
  if (!features.contains(std::string(feature))) {
    return Error{ErrorCode::kUsage, "no profile in " + set_->directory() + " has the feature '" +
                                        std::string(feature) + "'; there " +
                                        (features.empty() ? "is none" : "are " + joined(features))};
  }
  prepared_.reset();
  machine_.features.insert(std::string(feature));
  return Done{};
}

Status Sandbox::require_profiles() const {
  if (set_) return Done{};
  return Error{ErrorCode::kState, "no profiles are loaded yet; load them first"};
}

Result<Selection> Sandbox::select() {
  auto selection = select_profiles(machine_, *set_);
  if (!selection || selection->uncovered.empty()) return selection;
  Error error = uncovered_error(*selection, *set_);
  if (mode_ != Mode::kAudit) return error;
  warn(error, *report_target_);
  return selection;
}

Result<VerifiedProgram> Sandbox::compile_and_verify(const Policy& policy, const Actions& actions) {
  Stopwatch stopwatch;
  auto program = compile(policy, actions, set_->weights());
  timings_.compile += stopwatch.microseconds();
  if (!program) return std::move(program).error();
  stopwatch = {};
  auto verified = verify(std::move(program).value(), policy, actions);
  timings_.verify += stopwatch.microseconds();
  return verified;
}

Result<Sandbox::Prepared> Sandbox::prepare_policy(Selection selection, Result<Policy> composed,
                                                  Phase phase,
                                                  const std::set<std::string>& features) {
  if (!composed) return std::move(composed).error();
  auto policy = completed(*composed, mode_, phase, *report_target_);
  if (!policy) return std::move(policy).error();
  timings_.compile = timings_.verify = 0;
  auto handing = prepare_handing_over(*policy, phase);
  if (!handing) return std::move(handing).error();
  if (*handing) policy = join(*policy, opens_granted(policy->architecture()));
  if (!policy) return std::move(policy).error();
  auto program = compile_and_verify(*policy, actions_for(mode_));
  if (!program) return std::move(program).error();
  auto report = std::make_shared<ViolationReport>(mode_, phase, *policy, selection, features, *set_,
                                                  report_target_);
  return Prepared{std::move(selection), std::make_shared<const Policy>(std::move(policy).value()),
                  std::move(program).value(), std::move(handing).value(), std::move(report)};
}

Result<std::optional<VerifiedProgram>> Sandbox::prepare_handing_over(const Policy& policy,
                                                                     Phase phase) {
  // After an attempt that failed later the broker is at work, and opens stay its own.
  const bool handed = broker_ || in_force().opens_handed_over;
  if (!handed || phase != Phase::kRun) return std::optional<VerifiedProgram>();
  auto program = compile_and_verify(handing_over(policy), handing_actions(mode_));
  if (!program) return std::move(program).error();
  return std::optional<VerifiedProgram>(std::move(program).value());
}

Status Sandbox::prepare() {
  // A process that has forked since (-daemonize) has another number.
  if (prepared_ && prepared_in_ == getpid()) return Done{};
  prepared_.reset();
  if (auto loaded = require_profiles(); !loaded) return loaded;
  const Stopwatch stopwatch;
  auto selection = select();
  if (!selection) return std::move(selection).error();
  auto policy = compose(*selection, machine_.features, set_->architecture());
  timings_.compose = stopwatch.microseconds();
  auto prepared = prepare_policy(std::move(selection).value(), std::move(policy), Phase::kRun,
                                 machine_.features);
  if (!prepared) return std::move(prepared).error();
  granted_calls_ = count_granted(*prepared->policy);
  description_ = description_of(mode_, granted_calls_, prepared->selection);
  prepared_ = std::move(prepared).value();
  prepared_in_ = getpid();
  return Done{};
}

std::string Sandbox::describe() const { return prepared_ ? description_ : ""; }

size_t Sandbox::granted_calls() const { return prepared_ ? granted_calls_ : 0; }

}  // namespace qsbx
