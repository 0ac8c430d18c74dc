// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/violation_report.h"

#include <sys/syscall.h>

#include <algorithm>

#include "src/errors/text.h"
#include "src/lockdown/call_text.h"
#include "src/policy/bound_descriptors.h"
#include "src/syscalls/constants.h"

namespace qsbx {
namespace {

constexpr size_t kNamedProfiles = 12;
constexpr size_t kNamedCandidates = 3;
constexpr size_t kNamedGrants = 3;

bool is_selected(const Selection& selection, const Profile& profile) {
  return std::ranges::any_of(selection.profiles, [&](const SelectedProfile& selected) {
    return selected.profile == &profile;
  });
}

std::string profile_list(const Selection& selection) {
  std::string text = selection.profiles.size() == 1 ? "profile" : "profiles";
  size_t named = 0;
  for (const SelectedProfile& selected : selection.profiles) {
    if (named == kNamedProfiles) break;
    text += (named++ == 0 ? " " : ", ") + selected.profile->name;
  }
  const size_t more = selection.profiles.size() - named;
  return more == 0 ? text : text + " and " + std::to_string(more) + " more";
}

std::string grant_list(const CallPolicy& call) {
  std::string text;
  size_t named = 0;
  for (const Grant& grant : call.grants) {
    const bool is_built_in = grant.origin.line == 0;  // src/lockdown/reporting_needs.h
    if (is_built_in) continue;
    if (named++ == kNamedGrants) return text + ", ...";
    text += (text.empty() ? "" : ", ") + grant.origin.to_string();
  }
  return text;
}

std::string place(const Rule& rule) {
  return rule.where.file + ":" + std::to_string(rule.where.line);
}

// Who grants the rule, as far as that is not in force.
std::string source_of(const Profile& profile, const Rule& rule, bool selected, bool allowed) {
  if (selected && allowed) return "role " + joined(rule.roles) + " (" + place(rule) + ")";
  std::string text = feature_of(profile);
  if (!text.empty()) return "feature " + text + " (" + place(rule) + ")";
  if (!selected) text = "profile " + profile.name;
  if (!allowed) text += (text.empty() ? "feature " : " with feature ") + rule.feature;
  return text + " (" + place(rule) + ")";
}

bool reports_refusals_of(const Policy& policy, int number) {
  const auto call = policy.calls().find(number);
  return call != policy.calls().end() && call->second.refusal && call->second.refusal->reported;
}

}  // namespace

ViolationReport::ViolationReport(Mode mode, Phase phase, const Policy& policy,
                                 const Selection& selection, const std::set<std::string>& features,
                                 const ProfileSet& set, std::shared_ptr<ReportTarget> target,
                                 const Descriptors& bound)
    : mode_(mode),
      target_(std::move(target)),
      architecture_(policy.architecture()),
      profiles_(profile_list(selection)),
      bound_(bound),
      bound_text_(to_string(bound)),
      refuses_opens_(reports_refusals_of(policy, SYS_openat)),
      quiet_opens_(QuietOpens::of_process(getpid())) {
  for (const auto& [number, call] : policy.calls()) {
    advice_[number].other_arguments = grant_list(call);
  }
  for (const auto& [number, condition] : closing_conditions(architecture_, bound)) {
    advice_[number].closes_bound = condition;
  }
  // Features of selected profiles first: the smallest change.
  for (const bool selected : {true, false}) {
    for (const Profile& profile : set.profiles()) {
      if (profile.phase != phase || is_selected(selection, profile) != selected) continue;
      add_candidates(profile, selected, features);
    }
  }
}

void ViolationReport::add_candidates(const Profile& profile, bool selected,
                                     const std::set<std::string>& features) {
  for (const Rule& rule : profile.rules) {
    const bool allowed = rule.feature.empty() || features.contains(rule.feature);
    if (selected && allowed) add_bound(rule);
    const bool in_force = selected && allowed && rule.roles.empty();
    if (in_force || rule.condition.is_never()) continue;
    const std::string name = source_of(profile, rule, selected, allowed);
    for (const int number : rule.numbers) {
      advice_[number].candidates.push_back({bind_descriptors(rule.condition, bound_), name});
    }
  }
}

void ViolationReport::add_bound(const Rule& rule) {
  for (const DescriptorKind kind : kinds_in(rule.condition)) {
    const auto found = bound_.find(kind);
    if (found == bound_.end()) continue;
    const std::string text = place(rule) + " is for fds(" +
                             std::string(descriptor_kind_name(kind)) + "), which is " +
                             (found->second.empty() ? "none" : numbers_text(found->second));
    for (const int number : rule.numbers) {
      advice_[number].bound_rules.push_back(
          {rule.condition, bind_descriptors(rule.condition, bound_), text});
    }
  }
}

void ViolationReport::look_at_open_files() { quiet_opens_ = QuietOpens::of_process(getpid()); }

bool ViolationReport::opens_quietly(const struct seccomp_data& call,
                                    const CallerMemory& memory) const {
  if (call.nr != SYS_openat || !refuses_opens_) return false;
  char room[512];
  return quiet_opens_.contains(memory.text(call.args[1], room, sizeof room));
}

void ViolationReport::violation(pid_t tid, std::string_view thread_name,
                                const struct seccomp_data& call, const CallerMemory& memory,
                                int refused_with) {
  if (opens_quietly(call, memory)) return;
  const uint32_t count = counts_.count(tid, call);
  if (!is_worth_reporting(count)) return channel().send_rest();
  Line line;
  describe(line, tid, thread_name, call, count, refused_with, memory);
  channel().send(line);
}

void ViolationReport::describe(Line& line, pid_t tid, std::string_view thread_name,
                               const struct seccomp_data& call, uint32_t count, int refused_with,
                               const CallerMemory& memory) const {
  line.text("qsbx: violation (").text(mode_name(mode_));
  if (refused_with != 0) line.text(", failed with ").text(errno_name(refused_with));
  line.text("): thread ").decimal(tid);
  line.text(" \"").untrusted(thread_name).text("\": ");
  append_call(line, architecture_, call, memory);
  if (count > 1) {
    line.text(": ").decimal(count).text(" times by now");
    return;
  }
  line.text(" is not granted by ").text(profiles_).text("; ");
  describe_advice(line, call);
}

void ViolationReport::describe_binding(Line& line, const Advice& advice,
                                       const Arguments& arguments) const {
  if (holds(advice.closes_bound, arguments)) {
    line.text("; rules are bound to descriptors that can neither be closed nor replaced: ")
        .text(bound_text_);
  }
  for (const BoundRule& rule : advice.bound_rules) {
    if (!holds(rule.unbound, arguments) || holds(rule.bound, arguments)) continue;
    line.text("; the descriptor is another one: ").text(rule.text);
    return;
  }
}

void ViolationReport::describe_advice(Line& line, const struct seccomp_data& call) const {
  if (is_foreign(architecture_, Call{call.arch, call.nr})) {
    line.text("no profile can grant calls of another ABI");
    return;
  }
  const auto found = advice_.find(call.nr);
  const Advice none;
  const Advice& advice = found == advice_.end() ? none : found->second;
  Arguments arguments;
  std::copy(std::begin(call.args), std::end(call.args), arguments.begin());
  size_t named = 0;
  for (const Candidate& candidate : advice.candidates) {
    if (!holds(candidate.condition, arguments)) continue;
    if (named == kNamedCandidates) break;
    line.text(named++ == 0 ? "would be granted by " : " or ").text(candidate.name);
  }
  if (named == 0) line.text("no profile grants it");
  describe_binding(line, advice, arguments);
  if (!advice.other_arguments.empty()) {
    line.text("; with other arguments it is granted at ").text(advice.other_arguments);
  }
}

}  // namespace qsbx
