// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lint/costs.h"

#include <algorithm>
#include <utility>

#include "src/bpf/kernel_bitmap.h"
#include "src/compile/compile.h"
#include "src/lint/finding_ids.h"

namespace qsbx {
namespace {

// A rule is worth a question when it decides one of so many recorded calls.
constexpr uint64_t kOneOf = 100;

// The recorded calls that a condition grants, by call.
struct Load {
  int number;
  uint64_t count = 0;
};

bool grants(const Rule& rule, const Call& call) {
  const bool names_it =
      std::find(rule.numbers.begin(), rule.numbers.end(), call.number) != rule.numbers.end();
  return names_it && holds(rule.condition, call.arguments);
}

// What a profile shares with those that it includes is their cost.
std::vector<WeightedCall> without_those_of(const std::vector<const Profile*>& included,
                                           std::vector<WeightedCall> recorded) {
  for (const Profile* profile : included) {
    for (const Rule& rule : profile->rules) {
      std::erase_if(recorded, [&](const WeightedCall& one) { return grants(rule, one.call); });
    }
  }
  return recorded;
}

Load heaviest_load(const Rule& rule, const std::vector<WeightedCall>& recorded) {
  Load heaviest = {-1};
  for (const int number : rule.numbers) {
    Load load = {number};
    for (const WeightedCall& one : recorded) {
      if (one.call.number == number && grants(rule, one.call)) load.count += one.count;
    }
    if (load.count > heaviest.count) heaviest = load;
  }
  return heaviest;
}

uint64_t total(const std::vector<WeightedCall>& recorded) {
  uint64_t sum = 0;
  for (const WeightedCall& one : recorded) sum += one.count;
  return sum;
}

Policy policy_of(const std::vector<const Profile*>& profiles, Architecture architecture) {
  Policy policy(architecture);
  for (const Profile* profile : profiles) {
    for (const Rule& rule : profile->rules) {
      const Origin origin = {profile->name, rule.where.file, rule.where.line};
      for (const int number : rule.numbers) policy.grant(number, {rule.condition, origin});
    }
  }
  return policy;
}

// What a profile's own rules cost, in a policy of it and of what it includes.
class CostCheck {
 public:
  CostCheck(const LintScope& scope, const std::vector<WeightedCall>& recorded)
      : scope_(scope), recorded_(recorded), total_(total(recorded)) {}

  Status look_at(const Profile& profile) {
    const std::vector<const Profile*> all = scope_.set->with_includes(profile);
    const std::vector<WeightedCall> own = without_those_of({all.begin() + 1, all.end()}, recorded_);
    std::vector<std::pair<const Rule*, Load>> hot;
    for (const Rule& rule : profile.rules) {
      if (rule.condition.is_always() || rule.condition.is_never()) continue;
      const Load load = heaviest_load(rule, own);
      if (load.count * kOneOf >= total_ && load.count > 0) hot.emplace_back(&rule, load);
    }
    if (hot.empty()) return Done{};
    const Policy policy = policy_of(all, scope_.architecture);
    const Result<Program> program = compile(policy, actions_for(Mode::kEnforce), recorded_);
    if (!program.ok()) return program.error();
    for (const auto& [rule, load] : hot) tell(*rule, load, *program);
    return Done{};
  }

  Findings take_findings() { return std::move(findings_); }

 private:
  void tell(const Rule& rule, const Load& load, const Program& program) {
    if (kernel_caches(program, audit_architecture(scope_.architecture), load.number)) return;
    const uint64_t percent = (load.count * 100 + total_ / 2) / total_;
    const std::string name = call_name(load.number, scope_.architecture);
    findings_.push_back(
        finding_at(rule, scope_.architecture, finding::kUncacheable,
                   name + ": this grants " + std::to_string(percent) +
                       " of 100 recorded calls, and the kernel runs the program for each " + name +
                       " because of the condition",
                   "write " + name +
                       ": 1 where that is harmless, or say in an answer what the condition is "
                       "worth"));
  }

  const LintScope& scope_;
  const std::vector<WeightedCall>& recorded_;
  uint64_t total_;
  Findings findings_;
};

}  // namespace

Result<Findings> find_costs(const LintScope& scope) {
  if (scope.set == nullptr || scope.set->weights().empty()) return Findings{};
  CostCheck check(scope, scope.set->weights());
  for (const Profile* profile : scope.profiles) {
    if (profile->phase == Phase::kBoot || scope.set->find(profile->name) != profile) continue;
    if (Status looked = check.look_at(*profile); !looked) return looked.error();
  }
  return check.take_findings();
}

}  // namespace qsbx
