// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/learn/proposal.h"

#include <algorithm>

#include "src/learn/conditions.h"
#include "src/machine/selection.h"
#include "src/syscalls/constants.h"

namespace qsbx {
namespace {

struct Evidence {
  uint64_t count = 0;
  Runs runs;

  void add(size_t run, uint64_t times) {
    count += times;
    runs.insert(run);
  }
  void add(const Evidence& other) {
    count += other.count;
    runs.insert(other.runs.begin(), other.runs.end());
  }
};

// Of one call in one role: what was seen, and in which runs.
using Seen = std::map<TellingArguments, Evidence>;
struct CallInRole {
  int number;
  std::string role;

  auto operator<=>(const CallInRole&) const = default;
};

constexpr char kOfChild[] = "made by a program that QEMU has started, which needs rules of its own";
constexpr char kUnnamed[] = "qsbx knows no call of this number, so that no rule can name it";
constexpr char kMoreValues[] = "more values than a trace keeps: what they were is not known";
constexpr char kUndecided[] =
    "a rule may grant it: its condition looks at arguments that a trace does not keep";

class Learner {
 public:
  Learner(const std::vector<Trace>& traces, Phase phase, const PolicyOf& policy_of)
      : traces_(traces), phase_(phase), policy_of_(policy_of) {}

  Status read() {
    for (size_t run = 0; run < traces_.size(); ++run) {
      for (const auto& [key, counts] : traces_[run].calls) {
        if (key.phase != phase_) continue;
        if (Status added = add(run, key, counts); !added) return added;
      }
      policies_.clear();
    }
    return Done{};
  }

  Proposals proposals() const {
    Proposals all = {phase_, traces_.front().architecture, rules(), {}};
    for (const auto& [place, evidence] : others_) {
      const auto& [key, arguments, reason] = place;
      all.others.push_back({key, arguments, evidence.count, evidence.runs, reason});
    }
    return all;
  }

 private:
  using Other = std::tuple<CallKey, std::string, std::string>;

  Status add(size_t run, const CallKey& key, const CallCounts& counts) {
    const Architecture architecture = traces_[run].architecture;
    const Syscall* call = find_traced_call(architecture, key.number);
    if (key.role == kChildRole || call == nullptr) {
      leave_out(run, key, "", counts.count, call == nullptr ? kUnnamed : kOfChild);
      return Done{};
    }
    auto policy = policy_for(run, role_in_force(architecture, key));
    if (!policy) return policy.error();
    for (const auto& [telling, count] : counts.values) {
      add_call(run, key, *call, **policy, telling, count);
    }
    add_more_values(run, key, *call, **policy, counts.of_more_values);
    return Done{};
  }

  void add_call(size_t run, const CallKey& key, const Syscall& call, const Policy& policy,
                const TellingArguments& telling, uint64_t count) {
    const std::string text = text_of(policy.architecture(), key.number, telling);
    switch (grant_state_of(policy, call, telling)) {
      case GrantState::kGranted:
        return;
      case GrantState::kPerhaps:
        return leave_out(run, key, text, count, kUndecided);
      case GrantState::kRefused:
        return leave_out(run, key, text, count, refusal_text(policy, call.number));
      case GrantState::kDenied:
        seen_[{call.number, key.role}][telling].add(run, count);
    }
  }

  void add_more_values(size_t run, const CallKey& key, const Syscall& call, const Policy& policy,
                       uint64_t count) {
    if (count == 0 || grant_state_of(policy, call, std::nullopt) == GrantState::kGranted) return;
    leave_out(run, key, "", count, kMoreValues);
  }

  static std::string refusal_text(const Policy& policy, int number) {
    const Refusal& refusal = *policy.calls().at(number).refusal;
    return "fails with " + std::string(errno_name(refusal.error)) + ", as " +
           refusal.origin.to_string() + " says";
  }

  void leave_out(size_t run, const CallKey& key, const std::string& arguments, uint64_t count,
                 const std::string& reason) {
    others_[{key, arguments, reason}].add(run, count);
  }

  // Policies of one run at a time are kept.
  Result<const Policy*> policy_for(size_t run, const std::string& role) {
    const auto known = policies_.find(role);
    if (known != policies_.end()) return &known->second;
    auto policy = policy_of_(traces_[run], role);
    if (!policy) return policy.error();
    return &policies_.emplace(role, std::move(*policy)).first->second;
  }

  // What belongs to the same parts, by call and role.
  std::map<std::set<Part>, std::map<CallInRole, Seen>> by_parts() const {
    std::map<std::set<Part>, std::map<CallInRole, Seen>> sorted;
    for (const auto& [call, seen] : seen_) {
      for (const auto& [telling, evidence] : seen) {
        sorted[parts_behind(evidence.runs, traces_)][call][telling] = evidence;
      }
    }
    return sorted;
  }

  std::vector<Proposal> rules() const {
    std::vector<Proposal> rules;
    for (const auto& [parts, calls] : by_parts()) {
      const std::vector<Proposal> of_parts = rules_for(parts, calls);
      rules.insert(rules.end(), of_parts.begin(), of_parts.end());
    }
    return rules;
  }

  // Roles in which a call was made with the same arguments share a rule.
  std::vector<Proposal> rules_for(const std::set<Part>& parts,
                                  const std::map<CallInRole, Seen>& calls) const {
    std::map<std::pair<int, std::vector<std::string>>, Proposal> rules;
    for (const auto& [call, seen] : calls) {
      const std::vector<std::string> conditions = conditions_for(call.number, seen);
      Proposal& rule = rules[{call.number, conditions}];
      rule.parts = parts;
      rule.number = call.number;
      rule.conditions = conditions;
      rule.roles.push_back(call.role);
      Evidence all = {rule.count, rule.runs};
      for (const auto& [telling, evidence] : seen) all.add(evidence);
      rule.count = all.count;
      rule.runs = all.runs;
    }
    for (auto& [key, rule] : rules) settle(rule);
    return in_order(rules);
  }

  void settle(Proposal& rule) const {
    rule.runs_with_parts = runs_with(rule.parts, traces_);
    rule.is_settled = rule.runs.size() == rule.runs_with_parts && tell_apart(traces_);
  }

  std::vector<std::string> conditions_for(int number, const Seen& seen) const {
    const Architecture architecture = traces_.front().architecture;
    std::set<TellingArguments> all;
    for (const auto& [telling, evidence] : seen) all.insert(telling);
    return conditions_of(*find_syscall(architecture, number), architecture, all);
  }

  // By what is settled and by roles, so that each section stands there once, then by the name of
  // the call.
  std::vector<Proposal> in_order(
      const std::map<std::pair<int, std::vector<std::string>>, Proposal>& rules) const {
    std::vector<Proposal> sorted;
    for (const auto& [key, rule] : rules) sorted.push_back(rule);
    const auto name = [&](const Proposal& rule) {
      return call_name(rule.number, traces_.front().architecture);
    };
    std::ranges::stable_sort(sorted, [&](const Proposal& a, const Proposal& b) {
      return std::tuple(!a.is_settled, a.roles, name(a)) <
             std::tuple(!b.is_settled, b.roles, name(b));
    });
    return sorted;
  }

  const std::vector<Trace>& traces_;
  Phase phase_;
  const PolicyOf& policy_of_;
  std::map<std::string, Policy> policies_;
  std::map<CallInRole, Seen> seen_;
  std::map<Other, Evidence> others_;
};

}  // namespace

GrantState grant_state_of(const Policy& policy, const Syscall& call,
                          const std::optional<TellingArguments>& telling) {
  const auto found = policy.calls().find(call.number);
  if (found == policy.calls().end()) return GrantState::kDenied;
  const std::optional<bool> granted = holds_for(found->second.condition(), call, telling);
  if (!granted) return GrantState::kPerhaps;
  if (*granted) return GrantState::kGranted;
  return found->second.refusal ? GrantState::kRefused : GrantState::kDenied;
}

Result<Proposals> propose(const std::vector<Trace>& traces, Phase phase,
                          const PolicyOf& policy_of) {
  Learner learner(traces, phase, policy_of);
  if (Status done = learner.read(); !done) return done.error();
  return learner.proposals();
}

std::vector<std::string> places_for(const std::set<Part>& parts, Phase phase,
                                    const ProfileSet& set) {
  if (phase == Phase::kBoot) return {"boot.profile"};
  if (parts.empty()) return {"base/process.profile"};
  std::vector<std::string> places;
  for (const Part& part : parts) {
    const std::vector<const Profile*> profiles = profiles_for(part, set);
    if (profiles.empty()) places.push_back("a new profile for " + part.to_string());
    for (const Profile* profile : profiles) {
      places.push_back(profile->file + " for " + part.to_string());
    }
  }
  return places;
}

}  // namespace qsbx
