// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/sandbox.h"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>

#include "src/compile/compile.h"
#include "src/errors/text.h"
#include "src/lockdown/handed_opens.h"
#include "src/lockdown/in_force.h"
#include "src/lockdown/own_signals.h"
#include "src/lockdown/reporting_needs.h"
#include "src/lockdown/role_needs.h"
#include "src/lockdown/stopwatch.h"
#include "src/policy/algebra.h"
#include "src/policy/bound_descriptors.h"
#include "src/policy/program_stack.h"

namespace qsbx {
namespace {

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

std::string role_counts(const std::vector<RolePolicy>& roles) {
  std::string text;
  for (const RolePolicy& role : roles) {
    text +=
        (text.empty() ? "" : ", ") + role.role + " " + std::to_string(count_granted(role.policy));
  }
  return text.empty() ? "" : "; of these by role: " + text;
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

// With both programs in force the kernel follows the stricter answer to each call, which has to be
// that of the role's: else a rule of the role would be granted in vain.
Status check_role_prevails(const RolePolicy& role, const Policy& process, const Policy& own,
                           const Actions& actions) {
  ProgramStack stack(process.architecture());
  stack.add(diagram_of(stack.diagrams(), process, actions));
  stack.add(diagram_of(stack.diagrams(), own, actions));
  if (auto small = stack.check_size(); !small) return small;
  if (stack.effective() == stack.program(1)) return Done{};
  auto wider = granted_only_by(own, process);
  const bool known = wider.ok() && wider->has_value();
  return Error{ErrorCode::kPolicy,
               "threads of role " + role.role +
                   " are meant to have another policy than what the "
                   "process leaves them" +
                   (known ? ": system call " + std::to_string((*wider)->number) +
                                " is granted only to the role"
                          : "")};
}

std::string bound_text(const Descriptors& bound) {
  return bound.empty() ? "" : "; bound to descriptors: " + to_string(bound);
}

std::vector<size_t> indices_of(const std::vector<std::string>& names) {
  std::vector<size_t> indices;
  for (const std::string& name : names) indices.push_back(*role_index(name));
  return indices;
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
  forget_prepared();
  set_ = std::move(set);
}

void Sandbox::set_mode(Mode mode) {
  if (mode != mode_) forget_prepared();
  mode_ = mode;
}

void Sandbox::set_roles(bool roles) {
  if (roles != roles_) forget_prepared();
  roles_ = roles;
}

Status Sandbox::set_report_descriptor(int descriptor) {
  auto target = ReportTarget::duplicate_of(descriptor);
  if (!target) return std::move(target).error();
  forget_prepared();
  report_target_ = std::move(target).value();
  return Done{};
}

void Sandbox::set_broker(const BrokerLink& broker) {
  forget_prepared();
  broker_ = broker;
  allow_reading(broker);
}

Status Sandbox::add_part(std::string_view kind, std::string_view name) {
  if (!is_part_kind(kind)) {
    const std::vector<std::string>& kinds = part_kinds();
    return Error{ErrorCode::kUsage,
                 "'" + std::string(kind) + "' is no kind of part; the kinds are " + joined(kinds)};
  }
  set_prepared_aside();
  machine_.add(kind, name);
  return Done{};
}

void Sandbox::clear_parts() {
  set_prepared_aside();
  machine_.parts.clear();
}

Status Sandbox::allow_feature(std::string_view feature) {
  if (auto loaded = require_profiles(); !loaded) return loaded;
  const std::set<std::string> features = features_of(*set_);
  if (!features.contains(std::string(feature))) {
    return Error{
        ErrorCode::kUsage,
        "no profile in " + set_->directory() + " has the feature '" + std::string(feature) +
            "'; there " +
            (features.empty() ? "is none" : "are " + joined({features.begin(), features.end()}))};
  }
  forget_prepared();
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
  if (error.message != warned_of_) warn(error, *report_target_);
  warned_of_ = error.message;
  return selection;
}

Result<VerifiedProgram> Sandbox::compile_and_verify(const Policy& policy, const Actions& actions,
                                                    const Descriptors& bound) {
  Stopwatch stopwatch;
  auto program = compile(policy, actions, on_bound_descriptors(set_->weights(), policy, bound));
  spent_.compile += stopwatch.microseconds();
  if (!program) return std::move(program).error();
  stopwatch = {};
  auto verified = verify(std::move(program).value(), policy, actions);
  spent_.verify += stopwatch.microseconds();
  return verified;
}

Result<Sandbox::Prepared> Sandbox::prepare_policy(Selection selection, Result<Policy> composed,
                                                  Phase phase,
                                                  const std::set<std::string>& features,
                                                  Binding binding) {
  if (!composed) return std::move(composed).error();
  auto policy = completed(*composed, mode_, phase, *report_target_);
  if (!policy) return std::move(policy).error();
  auto handing = prepare_handing_over(*policy, phase);
  if (!handing) return std::move(handing).error();
  if (*handing) policy = join(*policy, opens_granted(policy->architecture()));
  if (!policy) return std::move(policy).error();
  if (auto safe = check_protects(*policy, binding.bound); !safe) return std::move(safe).error();
  auto program = compile_and_verify(*policy, actions_for(mode_), binding.bound);
  if (!program) return std::move(program).error();
  auto report = std::make_shared<ViolationReport>(mode_, phase, *policy, selection, features, *set_,
                                                  report_target_, binding.bound);
  return Prepared{getpid(),
                  std::move(selection),
                  std::make_shared<const Policy>(std::move(policy).value()),
                  std::move(program).value(),
                  std::move(handing).value(),
                  std::move(report),
                  nullptr,
                  std::move(binding)};
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

// Below what the policy of the process leaves, so that a thread's own is in force as it was meant.
Result<VerifiedProgram> Sandbox::role_program(const Prepared& prepared, const RolePolicy& role) {
  auto own = completed(role.policy, mode_, Phase::kRun, *report_target_);
  if (own && prepared.handing_over) own = join(*own, opens_granted(own->architecture()));
  if (!own) return std::move(own).error();
  const Actions actions = actions_for(mode_);
  if (auto prevails = check_role_prevails(role, *prepared.policy, *own, actions); !prevails) {
    return std::move(prevails).error();
  }
  own = join(*own, role_needs(own->architecture(), *prepared.role_programs,
                              indices_of(roles_started_by(role.role))));
  if (!own) return std::move(own).error();
  return compile_and_verify(*own, actions, prepared.binding.bound);
}

Status Sandbox::prepare_roles(Prepared& prepared, const std::vector<RolePolicy>& roles) {
  for (const RolePolicy& role : roles) {
    auto program = role_program(prepared, role);
    if (!program) return std::move(program).error();
    prepared.role_programs->put(*role_index(role.role), program->program());
  }
  return Done{};
}

bool Sandbox::is_for_this_process(const std::optional<Prepared>& prepared) {
  return prepared && prepared->process == getpid();
}

void Sandbox::forget_prepared() {
  prepared_.reset();
  set_aside_.reset();
  if (in_force().boot == nullptr) boot_prepared_.reset();
}

void Sandbox::set_prepared_aside() {
  if (!prepared_) return;
  set_aside_ = std::move(prepared_);
  prepared_.reset();
}

// A machine is listed more than once before its guest starts, and nearly always as it was.
bool Sandbox::take_up_again(const Selection& selection) {
  if (!is_for_this_process(set_aside_)) return false;
  if (!has_same_profiles(selection, set_aside_->selection)) return false;
  if (find_binding(set_aside_->binding.wanted) != set_aside_->binding) return false;
  prepared_ = std::move(set_aside_);
  set_aside_.reset();
  prepared_->selection = selection;
  return true;
}

Status Sandbox::prepare() {
  if (is_for_this_process(prepared_)) return Done{};
  prepared_.reset();
  if (auto loaded = require_profiles(); !loaded) return loaded;
  const Stopwatch stopwatch;
  auto selection = select();
  if (!selection) return std::move(selection).error();
  if (take_up_again(*selection)) return Done{};
  set_aside_.reset();
  Binding binding;
  auto policy = compose_bound(*selection, binding);
  auto roles = select_roles(*selection, binding.bound);
  if (!roles) return std::move(roles).error();
  const int64_t composing = stopwatch.microseconds();
  spent_ = {};
  auto programs = reserve_role_programs(*roles, policy);
  if (!programs) return std::move(programs).error();
  auto prepared = prepare_policy(std::move(selection).value(), std::move(policy), Phase::kRun,
                                 machine_.features, std::move(binding));
  if (!prepared) return std::move(prepared).error();
  prepared->role_programs = std::move(programs).value();
  if (auto ready = prepare_roles(*prepared, *roles); !ready) return ready;
  granted_calls_ = count_granted(*prepared->policy);
  description_ = description_of(mode_, granted_calls_, prepared->selection) + role_counts(*roles) +
                 bound_text(prepared->binding.bound);
  prepared_ = std::move(prepared).value();
  timings_.compose = composing;
  timings_.compile = spent_.compile;
  timings_.verify = spent_.verify;
  return Done{};
}

// What comes and goes while the guest runs can neither be bound nor kept from being closed.
Result<Policy> Sandbox::compose_bound(const Selection& selection, Binding& binding) {
  auto policy = compose(selection, machine_.features, set_->architecture());
  if (!policy) return policy;
  std::set<DescriptorKind> wanted = kinds_in(*policy);
  for (const DescriptorKind kind : changing_kinds(selection, machine_.features)) {
    wanted.erase(kind);
  }
  binding = find_binding(wanted);
  return bind_descriptors(*policy, binding.bound);
}

// A process that was started stopped may have got or lost descriptors since.
void Sandbox::forget_what_is_outdated() {
  if (prepared_ && find_binding(prepared_->binding.wanted) != prepared_->binding) {
    forget_prepared();
  }
}

// None without roles. A process can have only one listener, which the policy of all roles has.
Result<std::vector<RolePolicy>> Sandbox::select_roles(const Selection& selection,
                                                      const Descriptors& bound) {
  if (!roles_) return std::vector<RolePolicy>();
  if (mode_ != Mode::kAudit)
    return compose_roles(selection, machine_.features, set_->architecture(), bound);
  warn({ErrorCode::kState, "mode audit: what the role of a thread does not need is not reported"},
       *report_target_);
  return std::vector<RolePolicy>();
}

// And what the policy of the process has to grant for them; null where there are none.
Result<std::shared_ptr<RolePrograms>> Sandbox::reserve_role_programs(
    const std::vector<RolePolicy>& roles, Result<Policy>& process) {
  if (roles.empty() || !process) return std::shared_ptr<RolePrograms>();
  auto programs = RolePrograms::reserve();
  if (!programs) return programs;
  std::vector<size_t> indices;
  for (const RolePolicy& role : roles) indices.push_back(*role_index(role.role));
  process = join(*process, roll_out_needs(process->architecture(), **programs, indices, getpid()));
  return programs;
}

std::string Sandbox::describe() const { return prepared_ ? description_ : ""; }

size_t Sandbox::granted_calls() const { return prepared_ ? granted_calls_ : 0; }

}  // namespace qsbx
