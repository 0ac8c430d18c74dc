// SPDX-License-Identifier: LGPL-2.1-or-later
//
// qsbx explain: why each call is granted.
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "src/cli/commands.h"
#include "src/cli/report.h"
#include "src/cli/selection_options.h"
#include "src/profile/call_words.h"
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
  CallPolicy policy;
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

nlohmann::ordered_json grants_json(const Explained& explained, Architecture architecture) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Grant& grant : explained.policy.grants) {
    list.push_back({{"profile", grant.origin.profile},
                    {"rule", grant.origin.to_string()},
                    {"condition", condition_text(grant, explained.number, architecture)}});
  }
  return list;
}

nlohmann::ordered_json call_json(const Explained& explained, Architecture architecture) {
  nlohmann::ordered_json json = {{"syscall", explained.name},
                                 {"nr", explained.number},
                                 {"grants", grants_json(explained, architecture)},
                                 {"refusal", nullptr}};
  if (const std::optional<Refusal>& refusal = explained.policy.refusal) {
    json["refusal"] = {{"errno", refusal->error},
                       {"reported", refusal->reported},
                       {"rule", refusal->origin.to_string()}};
  }
  return json;
}

void print_json(const std::vector<Explained>& calls, const ChosenProfiles& chosen,
                const std::vector<std::string>& notes) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Explained& call : calls) list.push_back(call_json(call, chosen.architecture));
  const nlohmann::ordered_json json = {
      {"arch", std::string(architecture_name(chosen.architecture))},
      {"calls", list},
      {"notes", notes}};
  std::cout << json.dump(2) << "\n";
}

void print_origin(const Origin& origin) {
  std::cout << "  " << origin.profile << "  " << origin.to_string() << "  ";
}

void print_call(const Explained& call, Architecture architecture) {
  std::cout << call.name << "\n";
  for (const Grant& grant : call.policy.grants) {
    print_origin(grant.origin);
    std::cout << condition_text(grant, call.number, architecture) << "\n";
  }
  if (const std::optional<Refusal>& refusal = call.policy.refusal) {
    print_origin(refusal->origin);
    std::cout << (refusal->reported ? "else report " : "else ") << errno_name(refusal->error)
              << "\n";
  }
}

void print(const std::vector<Explained>& calls, const ChosenProfiles& chosen,
           const ExplainOptions& options) {
  const std::vector<std::string> notes = notes_about(chosen, options.call);
  if (options.json) {
    print_json(calls, chosen, notes);
    return;
  }
  for (const Explained& call : calls) print_call(call, chosen.architecture);
  for (const std::string& note : notes) std::cout << "note  " << note << "\n";
}

std::vector<Explained> all_calls(const Policy& policy) {
  std::vector<Explained> calls;
  for (const auto& [number, call] : policy.calls()) {
    calls.push_back({call_name(number, policy.architecture()), number, call});
  }
  return calls;
}

std::vector<Explained> one_call(const Policy& policy, int number) {
  const auto entry = policy.calls().find(number);
  if (entry == policy.calls().end()) return {};
  return {{call_name(number, policy.architecture()), number, entry->second}};
}

int explain_all(const ChosenProfiles& chosen, const Policy& policy, const ExplainOptions& options) {
  print(all_calls(policy), chosen, options);
  return kYes;
}

// A call that exists on another architecture only is no bad question: its rules are no rules here.
int explain_one(const ChosenProfiles& chosen, const Policy& policy, const ExplainOptions& options) {
  const Result<int> number = read_call_number(options.call, chosen.architecture);
  if (!number.ok() && !syscall_name_exists(options.call)) return report(number.error());
  const std::vector<Explained> calls =
      number.ok() ? one_call(policy, *number) : std::vector<Explained>{};
  print(calls, chosen, options);
  if (!calls.empty() && !calls.front().policy.grants.empty()) return kYes;
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
