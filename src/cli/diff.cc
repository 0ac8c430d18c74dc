// SPDX-License-Identifier: LGPL-2.1-or-later
//
// qsbx diff: what one selection grants and another does not.
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "src/cli/commands.h"
#include "src/cli/report.h"
#include "src/cli/selection_options.h"
#include "src/lockdown/call_text.h"
#include "src/policy/algebra.h"
#include "src/profile/call_words.h"
#include "src/syscalls/constants.h"

namespace qsbx {
namespace {

struct DiffOptions {
  SelectionOptions first;
  SelectionOptions second;
  bool narrows = false;
  bool json = false;
};

// A rule by which one side grants calls that the other does not.
struct Extra {
  Grant rest;  // of its grant
  Call example;
  Decision elsewhere;  // what the other side makes of the example
};

struct Refused {
  Call example;
  Decision first;
  Decision second;
};

struct Difference {
  std::vector<Extra> only_first;
  std::vector<Extra> only_second;
  std::vector<Refused> refused;

  bool none() const { return only_first.empty() && only_second.empty() && refused.empty(); }
};

Result<Policy> policy_of(const SelectionOptions& options, const char* which) {
  const Result<ChosenProfiles> chosen = choose_covered_profiles(options);
  Result<Policy> policy = chosen.ok() ? join_rules(*chosen) : Result<Policy>(chosen.error());
  if (policy.ok()) return policy;
  Error error = policy.error();
  error.message = std::string(which) + " selection: " + error.message;
  return error;
}

Result<Extra> extra(const Policy& there, int number, const Grant& rest) {
  Policy alone(there.architecture());
  alone.grant(number, rest);
  const Result<std::optional<Call>> example = granted_call(alone);
  if (!example.ok()) return example.error();
  return Extra{rest, **example, evaluate(there, **example)};
}

Result<std::vector<Extra>> extras(const Policy& here, const Policy& there) {
  const Result<Policy> beyond = difference(here, there);
  if (!beyond.ok()) return beyond.error();
  std::vector<Extra> found;
  for (const auto& [number, call] : beyond->calls()) {
    for (const Grant& rest : call.grants) {
      Result<Extra> one = extra(there, number, rest);
      if (!one.ok()) return one.error();
      found.push_back(std::move(one).value());
    }
  }
  return found;
}

Result<std::vector<Refused>> refusals(const Policy& first, const Policy& second) {
  const Result<std::vector<Call>> calls = refused_differently(first, second);
  if (!calls.ok()) return calls.error();
  std::vector<Refused> found;
  for (const Call& call : *calls) {
    found.push_back({call, evaluate(first, call), evaluate(second, call)});
  }
  return found;
}

Result<Difference> compare(const Policy& first, const Policy& second, bool narrows) {
  const auto only_second = extras(second, first);
  if (!only_second.ok()) return only_second.error();
  if (narrows) return Difference{{}, *only_second, {}};
  const auto only_first = extras(first, second);
  if (!only_first.ok()) return only_first.error();
  const auto refused = refusals(first, second);
  if (!refused.ok()) return refused.error();
  return Difference{*only_first, *only_second, *refused};
}

std::string decision_text(const Decision& decision) {
  if (decision.verdict != Verdict::kErrno) return "denied";
  return std::string(decision.reported ? "else report " : "else ") +
         std::string(errno_name(decision.error)) + " by " + decision.origin->to_string();
}

std::string condition_text(const Extra& extra, Architecture architecture) {
  const Syscall* call = find_syscall(architecture, extra.example.number);
  if (call == nullptr || extra.rest.condition.is_always()) return "always";
  return extra.rest.condition.to_string(*call, architecture);
}

nlohmann::ordered_json example_json(const Call& example, Architecture architecture) {
  return {{"syscall", call_name(example.number, architecture)},
          {"nr", example.number},
          {"args", example.arguments},
          {"call", call_text(architecture, to_seccomp_data(example))}};
}

nlohmann::ordered_json extras_json(const std::vector<Extra>& extras, Architecture architecture) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Extra& one : extras) {
    nlohmann::ordered_json json = example_json(one.example, architecture);
    json["profile"] = one.rest.origin.profile;
    json["rule"] = one.rest.origin.to_string();
    json["condition"] = condition_text(one, architecture);
    json["elsewhere"] = decision_text(one.elsewhere);
    list.push_back(std::move(json));
  }
  return list;
}

nlohmann::ordered_json refused_json(const std::vector<Refused>& refused,
                                    Architecture architecture) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Refused& one : refused) {
    nlohmann::ordered_json json = example_json(one.example, architecture);
    json["first"] = decision_text(one.first);
    json["second"] = decision_text(one.second);
    list.push_back(std::move(json));
  }
  return list;
}

void print_json(const Difference& difference, Architecture architecture, bool narrows) {
  nlohmann::ordered_json json = {{"arch", std::string(architecture_name(architecture))}};
  json[narrows ? "narrows" : "equal"] = difference.none();
  if (!narrows) json["only_first"] = extras_json(difference.only_first, architecture);
  json["only_second"] = extras_json(difference.only_second, architecture);
  if (!narrows) json["refused"] = refused_json(difference.refused, architecture);
  std::cout << json_text(json);
}

void print_extras(const std::vector<Extra>& extras, const char* title, Architecture architecture) {
  if (!extras.empty()) std::cout << title << "\n";
  for (const Extra& one : extras) {
    std::cout << "  " << call_text(architecture, to_seccomp_data(one.example)) << "\n    "
              << one.rest.origin.profile << "  " << one.rest.origin.to_string() << "  "
              << condition_text(one, architecture) << "\n";
    if (one.elsewhere.verdict == Verdict::kErrno) {
      std::cout << "    otherwise " << decision_text(one.elsewhere) << "\n";
    }
  }
}

void print_refused(const std::vector<Refused>& refused, Architecture architecture) {
  if (!refused.empty()) std::cout << "granted by neither, and answered differently\n";
  for (const Refused& one : refused) {
    std::cout << "  " << call_text(architecture, to_seccomp_data(one.example)) << "\n"
              << "    first   " << decision_text(one.first) << "\n"
              << "    second  " << decision_text(one.second) << "\n";
  }
}

void print_text(const Difference& difference, Architecture architecture, bool narrows) {
  if (difference.none()) {
    std::cout << (narrows ? "narrows: the second grants nothing that the first does not\n"
                          : "equal: both decide every call alike\n");
    return;
  }
  print_extras(difference.only_first, "granted by the first only", architecture);
  print_extras(difference.only_second, "granted by the second only", architecture);
  print_refused(difference.refused, architecture);
}

size_t standard_inputs(const DiffOptions& options) {
  size_t count = 0;
  for (const SelectionOptions* side : {&options.first, &options.second}) {
    count += static_cast<size_t>(std::ranges::count(side->rule_files, "-"));
  }
  return count;
}

int diff_command(const DiffOptions& options) {
  if (standard_inputs(options) > 1) {
    return report({ErrorCode::kUsage,
                   "standard input can be read once only; one of the two "
                   "selections has to name a file"});
  }
  const Result<Policy> first = policy_of(options.first, "first");
  if (!first.ok()) return report(first.error());
  const Result<Policy> second = policy_of(options.second, "second");
  if (!second.ok()) return report(second.error());
  const Result<Difference> difference = compare(*first, *second, options.narrows);
  if (!difference.ok()) return report(difference.error());
  if (options.json) {
    print_json(*difference, first->architecture(), options.narrows);
  } else {
    print_text(*difference, first->architecture(), options.narrows);
  }
  return difference->none() ? kYes : kNo;
}

void add_questions(CLI::App& command, DiffOptions& options) {
  command.add_flag("--json", options.json, "Print JSON");
  command.add_flag("--narrows", options.narrows,
                   "Only whether the second selection grants nothing that the first does not");
}

// What stands after --, with options of its own. An exception, as CLI11 reports, goes on to main().
void parse_second(const SecondSelection& words, DiffOptions& options) {
  CLI::App app;
  app.set_help_flag();
  add_selection_options(app, options.second);
  add_questions(app, options);
  app.parse(std::vector<std::string>(words.words.rbegin(), words.words.rend()));
  options.second.qemu_command = words.qemu;
}

}  // namespace

void add_diff_command(CLI::App& app, const QemuCommand& qemu, const SecondSelection& second,
                      int& exit_status) {
  CLI::App* command = app.add_subcommand("diff", "What one selection grants and another does not");
  command->footer("The second selection stands after --: qsbx diff SELECTION -- SELECTION");
  auto options = std::make_shared<DiffOptions>();
  add_selection_options(*command, options->first);
  add_questions(*command, *options);
  command->callback([options, &qemu, &second, &exit_status] {
    options->first.qemu_command = qemu;
    parse_second(second, *options);
    exit_status = diff_command(*options);
  });
}

}  // namespace qsbx
