// SPDX-License-Identifier: LGPL-2.1-or-later
//
// qsbx explain: why each call is granted.
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "src/bpf/stack_cost.h"
#include "src/cli/commands.h"
#include "src/cli/programs_in_force.h"
#include "src/cli/report.h"
#include "src/cli/selection_options.h"
#include "src/policy/algebra.h"
#include "src/policy/bound_descriptors.h"
#include "src/profile/call_words.h"
#include "src/syscalls/beyond_filters.h"
#include "src/syscalls/constants.h"

namespace qsbx {
namespace {

struct ExplainOptions {
  SelectionOptions selection;
  std::string call;  // empty: all
  bool json = false;
};

// One call as a person asks about it.
struct Explained {
  std::string name;
  int number;
  const CallPolicy* policy;
};

std::string condition_text(const Grant& grant, int number, Architecture architecture) {
  const Syscall* call = find_syscall(architecture, number);
  return call == nullptr || grant.condition.is_always()
             ? "always"
             : grant.condition.to_string(*call, architecture);
}

// What the selected profiles have noted, such as "open does not exist on aarch64"; about one call
// only when `call` is not empty.
std::vector<std::string> notes_about(const ChosenProfiles& chosen, const std::string& call) {
  std::vector<std::string> notes;
  if (const std::string note = note_about_role(chosen); !note.empty()) notes.push_back(note);
  for (const SelectedProfile& selected : chosen.selection.profiles) {
    for (const Diagnostic& note : selected.profile->notes) {
      const bool about = call.empty() || note.message.find(call) != std::string::npos;
      if (!about) continue;
      notes.push_back(note.where.file + ":" + std::to_string(note.where.line) + ": " +
                      note.message);
    }
  }
  return notes;
}

// What filters cannot do: of one call, or else of the granted ones and of those that always run.
std::vector<std::string> limits_of(const std::vector<Explained>& calls, const std::string& call,
                                   Architecture architecture) {
  std::set<std::string> names = {call};
  for (const Explained& explained : calls) names.insert(explained.name);
  if (call.empty()) {
    for (const int number : unfiltered_calls(architecture)) {
      names.insert(call_name(number, architecture));
    }
  }
  std::vector<std::string> limits;
  for (const std::string& name : names) {
    const std::string limit = describe_beyond_filters(architecture, name);
    if (!limit.empty()) limits.push_back(limit);
  }
  return limits;
}

using Reasons = std::map<std::pair<std::string, int>, std::string>;

// What comments say of the rules, by file and line.
Reasons reasons_in(const ChosenProfiles& chosen) {
  Reasons reasons;
  for (const SelectedProfile& selected : chosen.selection.profiles) {
    for (const Rule& rule : selected.profile->rules) {
      reasons[{rule.where.file, rule.where.line}] = rule.reason;
    }
  }
  return reasons;
}

// By number: what the kernel does for a call before it runs, with all programs that are in force
// for the role.
using Costs = std::map<int, CallCost>;

Result<Costs> costs_in_force(const ChosenProfiles& chosen) {
  const Result<std::vector<Program>> programs = programs_in_force(chosen);
  if (!programs.ok()) return programs.error();
  Costs costs;
  if (programs->empty()) return costs;
  for (const CallCost& cost : costs_of_stack(*programs, chosen.architecture)) {
    costs.emplace(cost.number, cost);
  }
  return costs;
}

// What is printed beside the grants.
struct Remarks {
  Reasons reasons;
  Costs costs;
  std::vector<std::string> notes;
  std::vector<std::string> limits;
  std::set<const Grant*> redundant;

  // Empty where nothing says why.
  std::string reason_of(const Grant& grant) const {
    const auto found = reasons.find({grant.origin.file, grant.origin.line});
    return found == reasons.end() ? "" : found->second;
  }
};

nlohmann::ordered_json grants_json(const Explained& explained, const Remarks& remarks,
                                   Architecture architecture) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Grant& grant : explained.policy->grants) {
    list.push_back({{"profile", grant.origin.profile},
                    {"rule", grant.origin.to_string()},
                    {"condition", condition_text(grant, explained.number, architecture)},
                    {"reason", remarks.reason_of(grant)},
                    {"redundant", remarks.redundant.contains(&grant)}});
  }
  return list;
}

nlohmann::ordered_json cost_json(const Explained& explained, const Remarks& remarks) {
  const auto cost = remarks.costs.find(explained.number);
  if (cost == remarks.costs.end()) return nullptr;
  return {cost->second.steps.least, cost->second.steps.most};
}

// Nothing where the call never runs.
std::string cost_text(const Explained& explained, const Remarks& remarks) {
  const auto found = remarks.costs.find(explained.number);
  if (found == remarks.costs.end()) return "";
  const CallCost& cost = found->second;
  const std::string least = std::to_string(cost.steps.least);
  const std::string steps = cost.steps.least == cost.steps.most
                                ? least
                                : least + " to " + std::to_string(cost.steps.most);
  return cost.cached ? "none: the kernel answers from its bitmap" : steps + " instructions";
}

nlohmann::ordered_json call_json(const Explained& explained, const Remarks& remarks,
                                 Architecture architecture) {
  nlohmann::ordered_json json = {{"syscall", explained.name},
                                 {"nr", explained.number},
                                 {"grants", grants_json(explained, remarks, architecture)},
                                 {"refusal", nullptr}};
  const auto cost = remarks.costs.find(explained.number);
  json["cached"] = cost != remarks.costs.end() && cost->second.cached;
  json["steps"] = cost_json(explained, remarks);
  if (const std::optional<Refusal>& refusal = explained.policy->refusal) {
    json["refusal"] = {{"errno", refusal->error},
                       {"reported", refusal->reported},
                       {"rule", refusal->origin.to_string()}};
  }
  return json;
}

void print_json(const std::vector<Explained>& calls, const Remarks& remarks,
                Architecture architecture) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Explained& call : calls) list.push_back(call_json(call, remarks, architecture));
  const nlohmann::ordered_json json = {{"arch", std::string(architecture_name(architecture))},
                                       {"calls", list},
                                       {"notes", remarks.notes},
                                       {"limits", remarks.limits}};
  std::cout << json_text(json);
}

void print_origin(const Origin& origin) {
  std::cout << "  " << origin.profile << "  " << origin.to_string() << "  ";
}

void print_call(const Explained& call, const Remarks& remarks, Architecture architecture) {
  std::cout << call.name << "\n";
  for (const Grant& grant : call.policy->grants) {
    print_origin(grant.origin);
    std::cout << condition_text(grant, call.number, architecture)
              << (remarks.redundant.contains(&grant)
                      ? "  (adds nothing: other rules grant all of it)"
                      : "")
              << "\n";
    const std::string reason = remarks.reason_of(grant);
    if (!reason.empty()) std::cout << "    # " << reason << "\n";
  }
  if (const std::optional<Refusal>& refusal = call.policy->refusal) {
    print_origin(refusal->origin);
    std::cout << (refusal->reported ? "else report " : "else ") << errno_name(refusal->error)
              << "\n";
  }
}

void print(const std::vector<Explained>& calls, const Remarks& remarks, Architecture architecture,
           bool json) {
  if (json) {
    print_json(calls, remarks, architecture);
    return;
  }
  for (const Explained& call : calls) print_call(call, remarks, architecture);
  if (calls.size() == 1) {
    const std::string cost = cost_text(calls.front(), remarks);
    if (!cost.empty()) std::cout << "steps  " << cost << "\n";
  }
  for (const std::string& note : remarks.notes) std::cout << "note  " << note << "\n";
  for (const std::string& limit : remarks.limits) std::cout << "limit  " << limit << "\n";
}

std::vector<Explained> all_calls(const Policy& policy) {
  std::vector<Explained> calls;
  for (const auto& [number, call] : policy.calls()) {
    calls.push_back({call_name(number, policy.architecture()), number, &call});
  }
  return calls;
}

std::vector<Explained> one_call(const Policy& policy, int number) {
  const auto entry = policy.calls().find(number);
  if (entry == policy.calls().end()) return {};
  return {{call_name(number, policy.architecture()), number, &entry->second}};
}

// Kinds of descriptors have none in common: each is bound to a number of its own.
Descriptors apart(const std::set<DescriptorKind>& kinds) {
  Descriptors numbers;
  for (const DescriptorKind kind : kinds) numbers[kind] = {static_cast<int>(numbers.size())};
  return numbers;
}

// The grants of `policy` that stand where all those of `bound` are redundant.
std::set<const Grant*> at_the_places_of(const std::set<const Grant*>& redundant,
                                        const Policy& bound, const Policy& policy) {
  std::set<std::pair<int, Origin>> needed;
  for (const auto& [number, call] : bound.calls()) {
    for (const Grant& grant : call.grants) {
      if (!redundant.contains(&grant)) needed.emplace(number, grant.origin);
    }
  }
  std::set<const Grant*> grants;
  for (const auto& [number, call] : policy.calls()) {
    for (const Grant& grant : call.grants) {
      if (!needed.contains({number, grant.origin})) grants.insert(&grant);
    }
  }
  return grants;
}

// Where policies are too large to decide what is redundant, nothing is marked.
std::set<const Grant*> redundant_ones(const Policy& policy) {
  const Policy bound = bind_descriptors(policy, apart(kinds_in(policy)));
  const Result<std::set<const Grant*>> redundant = redundant_grants(bound);
  return redundant.ok() ? at_the_places_of(*redundant, bound, policy) : std::set<const Grant*>{};
}

void add_note_on_binding(Remarks& remarks, const std::vector<Explained>& calls) {
  std::set<DescriptorKind> kinds;
  for (const Explained& call : calls) kinds.merge(kinds_in(call.policy->condition()));
  if (!kinds.empty()) remarks.notes.push_back(unbound_note(kinds));
}

int explain_all(const ChosenProfiles& chosen, const Policy& policy, const Costs& costs,
                const ExplainOptions& options) {
  const std::vector<Explained> calls = all_calls(policy);
  Remarks remarks = {reasons_in(chosen), costs, notes_about(chosen, ""),
                     limits_of(calls, "", chosen.architecture), redundant_ones(policy)};
  add_note_on_binding(remarks, calls);
  print(calls, remarks, chosen.architecture, options.json);
  return kYes;
}

// A call that exists on another architecture only is no bad question: its rules are no rules here.
int explain_one(const ChosenProfiles& chosen, const Policy& policy, const Costs& costs,
                const ExplainOptions& options) {
  const Result<int> number = read_call_number(options.call, chosen.architecture);
  if (!number.ok() && !syscall_name_exists(options.call)) return report(number.error());
  const std::vector<Explained> calls =
      number.ok() ? one_call(policy, *number) : std::vector<Explained>{};
  const std::string name = number.ok() ? call_name(*number, chosen.architecture) : options.call;
  Remarks remarks = {reasons_in(chosen), costs, notes_about(chosen, options.call),
                     limits_of(calls, name, chosen.architecture), redundant_ones(policy)};
  add_note_on_binding(remarks, calls);
  print(calls, remarks, chosen.architecture, options.json);
  if (!calls.empty() && !calls.front().policy->grants.empty()) return kYes;
  say(number.ok() ? "no rule of the selected profiles grants " + options.call
                  : number.error().message);
  return kNo;
}

int explain_command(const ExplainOptions& options) {
  const Result<ChosenProfiles> chosen = choose_covered_profiles(options.selection);
  if (!chosen.ok()) return report(chosen.error());
  const Result<Policy> policy = join_rules(*chosen);
  if (!policy.ok()) return report(policy.error());
  const Result<Costs> costs = costs_in_force(*chosen);
  if (!costs.ok()) return report(costs.error());
  return options.call.empty() ? explain_all(*chosen, *policy, *costs, options)
                              : explain_one(*chosen, *policy, *costs, options);
}

}  // namespace

void add_explain_command(CLI::App& app, const QemuCommand& qemu, int& exit_status) {
  CLI::App* command = app.add_subcommand("explain", "Why each call is granted");
  auto options = std::make_shared<ExplainOptions>();
  add_selection_options(*command, options->selection);
  command->add_flag("--json", options->json, "Print JSON");
  command->add_option("CALL", options->call, "Only this system call, by name or number")
      ->type_name("");
  command->callback([options, &qemu, &exit_status] {
    options->selection.qemu_command = qemu;
    exit_status = explain_command(*options);
  });
}

}  // namespace qsbx
