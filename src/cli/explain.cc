// SPDX-License-Identifier: LGPL-2.1-or-later
//
// qsbx explain: why each call is granted.
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "src/cli/commands.h"
#include "src/cli/report.h"
#include "src/cli/selection_options.h"
#include "src/policy/algebra.h"
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

// What is printed beside the grants.
struct Remarks {
  std::vector<std::string> notes;
  std::vector<std::string> limits;
  std::set<const Grant*> redundant;
};

nlohmann::ordered_json grants_json(const Explained& explained, const Remarks& remarks,
                                   Architecture architecture) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Grant& grant : explained.policy->grants) {
    list.push_back({{"profile", grant.origin.profile},
                    {"rule", grant.origin.to_string()},
                    {"condition", condition_text(grant, explained.number, architecture)},
                    {"redundant", remarks.redundant.contains(&grant)}});
  }
  return list;
}

nlohmann::ordered_json call_json(const Explained& explained, const Remarks& remarks,
                                 Architecture architecture) {
  nlohmann::ordered_json json = {{"syscall", explained.name},
                                 {"nr", explained.number},
                                 {"grants", grants_json(explained, remarks, architecture)},
                                 {"refusal", nullptr}};
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
  std::cout << json.dump(2) << "\n";
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

// Where policies are too large to decide what is redundant, nothing is marked.
std::set<const Grant*> redundant_ones(const Policy& policy) {
  const Result<std::set<const Grant*>> redundant = redundant_grants(policy);
  return redundant.ok() ? *redundant : std::set<const Grant*>{};
}

int explain_all(const ChosenProfiles& chosen, const Policy& policy, const ExplainOptions& options) {
  const std::vector<Explained> calls = all_calls(policy);
  const Remarks remarks = {notes_about(chosen, ""), limits_of(calls, "", chosen.architecture),
                           redundant_ones(policy)};
  print(calls, remarks, chosen.architecture, options.json);
  return kYes;
}

// A call that exists on another architecture only is no bad question: its rules are no rules here.
int explain_one(const ChosenProfiles& chosen, const Policy& policy, const ExplainOptions& options) {
  const Result<int> number = read_call_number(options.call, chosen.architecture);
  if (!number.ok() && !syscall_name_exists(options.call)) return report(number.error());
  const std::vector<Explained> calls =
      number.ok() ? one_call(policy, *number) : std::vector<Explained>{};
  const std::string name = number.ok() ? call_name(*number, chosen.architecture) : options.call;
  const Remarks remarks = {notes_about(chosen, options.call),
                           limits_of(calls, name, chosen.architecture), redundant_ones(policy)};
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
  return options.call.empty() ? explain_all(*chosen, *policy, options)
                              : explain_one(*chosen, *policy, options);
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
