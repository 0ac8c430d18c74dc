// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/learn/coverage.h"

#include <algorithm>

#include "src/learn/feature_grants.h"
#include "src/learn/unseen_values.h"
#include "src/machine/selection.h"

namespace qsbx {
namespace {

bool is_for_role(const Rule& rule, const std::string& role) {
  return rule.roles.empty() || std::ranges::find(rule.roles, role) != rule.roles.end();
}

std::vector<RuleUse> rules_of(const Profile& profile) {
  std::vector<RuleUse> rules;
  for (const Rule& rule : profile.rules) {
    if (!rule.feature.empty()) continue;
    for (const int number : rule.numbers) rules.push_back({&rule, number});
  }
  return rules;
}

// A call as a run made it, and how often.
struct MadeCall {
  size_t run;
  const CallKey* key;
  std::optional<TellingArguments> telling;  // nullopt: it was not kept
  uint64_t count;
};

class Counter {
 public:
  Counter(const std::vector<Trace>& traces, const ProfileSet& set) : traces_(traces), set_(set) {}

  Status count() {
    for (size_t run = 0; run < traces_.size(); ++run) {
      const Machine machine = {traces_[run].parts, {}};
      auto selection = select_profiles(machine, set_);
      if (!selection) return selection.error();
      coverage_.uncovered.insert(selection->uncovered.begin(), selection->uncovered.end());
      count_run(run, *selection);
    }
    return Done{};
  }

  Coverage result() {
    for (const Profile& profile : set_.profiles()) {
      const auto used = uses_.find(&profile);
      if (used != uses_.end()) {
        coverage_.profiles.push_back(std::move(used->second));
      } else if (profile.phase == Phase::kRun && feature_of(profile).empty()) {
        coverage_.not_run.push_back(&profile);
      }
    }
    return std::move(coverage_);
  }

 private:
  void count_run(size_t run, const Selection& selection) {
    std::map<int, std::vector<RuleUse*>> by_number;
    for (const SelectedProfile& selected : selection.profiles) {
      ProfileUse& use = use_of(*selected.profile);
      use.runs.insert(run);
      for (RuleUse& rule : use.rules) by_number[rule.number].push_back(&rule);
    }
    for (const auto& [key, counts] : traces_[run].calls) {
      if (key.phase != Phase::kRun || key.role == kChildRole) continue;
      count_calls(run, key, counts, rules_about(by_number, key));
    }
  }

  ProfileUse& use_of(const Profile& profile) {
    const auto [place, is_new] = uses_.emplace(&profile, ProfileUse{&profile});
    if (is_new) place->second.rules = rules_of(profile);
    return place->second;
  }

  // Of whatever role.
  static std::vector<RuleUse*> rules_about(std::map<int, std::vector<RuleUse*>>& by_number,
                                           const CallKey& key) {
    if (key.number < 0 || key.number > INT32_MAX) return {};
    return by_number[static_cast<int>(key.number)];
  }

  void count_calls(size_t run, const CallKey& key, const CallCounts& counts,
                   const std::vector<RuleUse*>& rules) {
    for (const auto& [telling, times] : counts.values) {
      count_call({run, &key, telling, times}, rules);
    }
    if (counts.of_more_values == 0) return;
    count_call({run, &key, std::nullopt, counts.of_more_values}, rules);
  }

  // What rules say of a call.
  struct Grants {
    std::vector<RuleUse*> granting, perhaps;
    bool to_others = false;  // a rule of another role grants it
  };

  Grants grants_of(const MadeCall& made, const std::vector<RuleUse*>& rules) const {
    Grants grants;
    const std::string role = role_in_force(set_.architecture(), *made.key);
    const Syscall* call = find_traced_call(set_.architecture(), made.key->number);
    for (RuleUse* use : rules) {
      const auto granted = holds_for(use->rule->condition, *call, made.telling);
      if (!is_for_role(*use->rule, role)) {
        grants.to_others |= granted.value_or(true);
      } else if (!granted) {
        grants.perhaps.push_back(use);
      } else if (*granted) {
        grants.granting.push_back(use);
      }
    }
    return grants;
  }

  void count_call(const MadeCall& made, const std::vector<RuleUse*>& rules) {
    const auto [granting, perhaps, to_others] = grants_of(made, rules);
    for (RuleUse* use : perhaps) use->perhaps += made.count;
    for (RuleUse* use : granting) add(*use, made);
    if (granting.empty() && perhaps.empty()) {
      if (to_others) coverage_.of_other_roles[text_of_call(made)] += made.count;
      return count_denied(made, rules);
    }
    if (perhaps.empty() && made.telling) note_wider(*made.telling, granting);
  }

  static void add(RuleUse& use, const MadeCall& made) {
    use.count += made.count;
    use.runs.insert(made.run);
    if (made.telling) use.seen.insert(*made.telling);
  }

  static void note_wider(const TellingArguments& telling, const std::vector<RuleUse*>& granting) {
    const bool tells =
        std::ranges::any_of(telling, [](const auto& one) { return one.has_value(); });
    const bool all_wide = std::ranges::all_of(
        granting, [](const RuleUse* use) { return use->rule->condition.is_always(); });
    if (!tells || !all_wide) return;
    for (RuleUse* use : granting) use->only_by_wider.insert(telling);
  }

  // A rule that grants other calls and lets this one fail is not exercised by that.
  void count_denied(const MadeCall& made, const std::vector<RuleUse*>& rules) {
    bool is_refused = false;
    for (RuleUse* use : rules) {
      if (!use->rule->error ||
          !is_for_role(*use->rule, role_in_force(set_.architecture(), *made.key)))
        continue;
      is_refused = true;
      if (!use->is_refusal()) continue;
      use->count += made.count;
      use->runs.insert(made.run);
    }
    if (!is_refused) add_denied(made);
  }

  std::string text_of_call(const MadeCall& made) const {
    const int64_t number = made.key->number;
    return made.key->role + " " + traced_call_name(set_.architecture(), number) +
           text_of(set_.architecture(), number, made.telling.value_or(TellingArguments{}));
  }

  void add_denied(const MadeCall& made) {
    const TellingArguments telling = made.telling.value_or(TellingArguments{});
    DeniedCall& denied = coverage_.denied[text_of_call(made)];
    denied.count += made.count;
    denied.features.merge(features_that_grant(traces_[made.run], *made.key, telling, set_));
  }

  const std::vector<Trace>& traces_;
  const ProfileSet& set_;
  std::map<const Profile*, ProfileUse> uses_;
  Coverage coverage_;
};

// An answer is for all rules of the profile for that call.
void add_answers(Coverage& coverage, const std::vector<NotExercised>& answers) {
  for (const NotExercised& answer : answers) {
    bool is_run = false, is_needed = false;
    for (ProfileUse& profile : coverage.profiles) {
      if (profile.profile != answer.profile) continue;
      is_run = true;
      for (RuleUse& use : profile.rules) {
        if (use.number != answer.number || use.is_refusal()) continue;
        if (use.is_exercised()) continue;
        use.answer = answer.reason;
        is_needed = true;
      }
    }
    if (is_run && !is_needed) coverage.stale.push_back(answer);
  }
}

bool can_grant(const RuleUse& use) { return !use.is_refusal(); }

bool grants(const RuleUse& use) { return can_grant(use) && use.is_exercised(); }

void add_unseen_values(Coverage& coverage, Architecture architecture) {
  for (ProfileUse& profile : coverage.profiles) {
    for (RuleUse& use : profile.rules) {
      if (!grants(use)) continue;
      use.never_seen = unseen_values(use.rule->condition, use.number, use.seen, architecture);
    }
  }
}

template <typename Counted>
size_t count_rules(const Coverage& coverage, Counted counted) {
  size_t count = 0;
  for (const ProfileUse& profile : coverage.profiles) {
    count += static_cast<size_t>(std::ranges::count_if(profile.rules, counted));
  }
  return count;
}

}  // namespace

size_t ProfileUse::rules_that_grant() const {
  return static_cast<size_t>(std::ranges::count_if(rules, can_grant));
}

size_t ProfileUse::exercised() const {
  return static_cast<size_t>(std::ranges::count_if(rules, grants));
}

size_t Coverage::rules() const { return count_rules(*this, can_grant); }

size_t Coverage::exercised() const { return count_rules(*this, grants); }

size_t Coverage::answered() const {
  return count_rules(*this, [](const RuleUse& use) { return !use.answer.empty(); });
}

double Coverage::percentage() const {
  const size_t all = rules();
  return all == 0 ? 0 : 100.0 * static_cast<double>(exercised()) / static_cast<double>(all);
}

size_t Coverage::refusals() const { return count_rules(*this, &RuleUse::is_refusal); }

size_t Coverage::exercised_refusals() const {
  return count_rules(*this,
                     [](const RuleUse& use) { return use.is_refusal() && use.is_exercised(); });
}

Result<Coverage> coverage_of(const std::vector<Trace>& traces, const ProfileSet& set,
                             const std::vector<NotExercised>& answers) {
  Counter counter(traces, set);
  if (Status counted = counter.count(); !counted) return counted.error();
  Coverage coverage = counter.result();
  add_answers(coverage, answers);
  add_unseen_values(coverage, set.architecture());
  return coverage;
}

}  // namespace qsbx
