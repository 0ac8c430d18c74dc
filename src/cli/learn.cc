// SPDX-License-Identifier: LGPL-2.1-or-later
//
// qsbx learn: rules for what recorded runs called and no profile grants.
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "src/cli/commands.h"
#include "src/cli/report.h"
#include "src/cli/selection_options.h"
#include "src/cli/trace_files.h"
#include "src/learn/proposal_text.h"

namespace qsbx {
namespace {

struct LearnOptions {
  std::vector<std::string> files;
  SelectionOptions selection;
  std::string phase = "run";
  bool everything = false;
  bool json = false;

  bool has_selection() const {
    return !selection.rule_files.empty() || !selection.profile_names.empty() ||
           !selection.processes.empty() || !selection.qemu_command.empty();
  }
};

// What everything else needs.
struct Question {
  std::vector<Trace> traces;
  Phase phase;
  std::optional<ProfileSet> set;
  std::optional<ChosenProfiles> chosen;  // instead of what a run's own machine brings in
};

Result<Policy> policy_of_machine(const Trace& trace, const std::string& role,
                                 const std::set<std::string>& features, const ProfileSet& set) {
  auto selection = select_profiles(Machine{trace.parts, features}, set);
  if (!selection) return selection.error();
  return join_rules(*selection, features, set.architecture(), role);
}

PolicyOf policy_of(const Question& question, const LearnOptions& options) {
  if (options.everything) {
    return [](const Trace& trace, const std::string&) { return Policy(trace.architecture); };
  }
  if (question.chosen) {
    return [&](const Trace&, const std::string& role) {
      const ChosenProfiles& chosen = *question.chosen;
      return join_rules(chosen.selection, chosen.features, chosen.architecture, role);
    };
  }
  if (question.phase == Phase::kBoot) {
    return [&](const Trace&, const std::string&) { return compose_boot(*question.set); };
  }
  const std::vector<std::string>& allowed = options.selection.features;
  const std::set<std::string> features(allowed.begin(), allowed.end());
  return [&question, features](const Trace& trace, const std::string& role) {
    return policy_of_machine(trace, role, features, *question.set);
  };
}

Status check_features(const std::vector<std::string>& features, const ProfileSet& set) {
  const std::set<std::string> known = features_of(set);
  for (const std::string& feature : features) {
    if (!known.contains(feature)) return unknown_feature(feature, known);
  }
  return Done{};
}

// Without a selection it says what is granted; else, where it can be read, the places of rules.
Status read_set(Question& question, const LearnOptions& options) {
  auto set = read_profile_set(options.selection);
  const bool is_named = !options.selection.profile_folder.empty();
  const bool is_needed = !options.has_selection() && !options.everything;
  if (!set && (is_named || is_needed)) return set.error();
  if (set) question.set = std::move(*set);
  return is_needed ? check_features(options.selection.features, *question.set) : Done{};
}

// A selection is what is granted already; otherwise each run's machine says that.
Status choose(Question& question, LearnOptions options) {
  options.selection.architecture = architecture_name(question.traces.front().architecture);
  const bool says_something = options.has_selection() || !options.selection.features.empty();
  if (says_something && options.everything) {
    return Error{ErrorCode::kUsage, "--all leaves out nothing, so that a selection says nothing"};
  }
  if (question.phase == Phase::kBoot && says_something && !options.has_selection()) {
    return Error{ErrorCode::kUsage, "--allow says nothing of phase boot, which has no features"};
  }
  if (options.has_selection()) {
    auto chosen = choose_profiles(options.selection);
    if (!chosen) return chosen.error();
    question.chosen = std::move(*chosen);
  }
  return read_set(question, options);
}

Result<Question> read_question(const LearnOptions& options) {
  auto traces = read_traces_of_one_architecture(options.files);
  if (!traces) return traces.error();
  Question question = {std::move(*traces), options.phase == "boot" ? Phase::kBoot : Phase::kRun,
                       std::nullopt, std::nullopt};
  if (Status chosen = choose(question, options); !chosen) return chosen.error();
  return question;
}

int learn_command(const LearnOptions& options) {
  const auto question = read_question(options);
  if (!question) return report(question.error());
  warn_of_incomplete(question->traces);
  const auto proposals = propose(question->traces, question->phase, policy_of(*question, options));
  if (!proposals) return report(proposals.error());
  const ProfileSet* set = question->set ? &*question->set : nullptr;
  if (options.json) {
    std::cout << json_text(proposals_json(*proposals, question->traces, set));
  } else {
    std::cout << proposals_text(*proposals, question->traces, set);
  }
  return kYes;
}

// Those of a selection that a trace does not settle itself.
void add_known_rules_options(CLI::App& command, SelectionOptions& options) {
  add_selection_options(command, options);
  for (const char* name : {"--mode", "--role", "--arch"}) {
    command.remove_option(command.get_option(name));
  }
}

}  // namespace

void add_learn_command(CLI::App& app, const QemuCommand& qemu, int& exit_status) {
  CLI::App* command =
      app.add_subcommand("learn", "Propose rules for what recorded runs called and nothing grants");
  command->footer(
      "FILE is what qsbx trace --json writes. What the profiles of each run's machine grant is\n"
      "left out; with a selection, what that grants is left out instead.");
  auto options = std::make_shared<LearnOptions>();
  command->add_option("FILE", options->files, "Recorded runs")->required()->type_name("");
  command->add_option("--phase", options->phase, "boot, or run as when absent")
      ->type_name("PHASE")
      ->check(CLI::IsMember({"boot", "run"}));
  command->add_flag("--all", options->everything, "Propose what is granted already, too");
  command->add_flag("--json", options->json, "Print JSON");
  add_known_rules_options(*command, options->selection);
  command->callback([options, &qemu, &exit_status] {
    options->selection.qemu_command = qemu;
    exit_status = learn_command(*options);
  });
}

}  // namespace qsbx
