// SPDX-License-Identifier: LGPL-2.1-or-later
//
// qsbx stack: what programs let through that are in force at once.
#include <errno.h>

#include <algorithm>
#include <iostream>
#include <memory>

#include "kernel/filter_dump.h"
#include "kernel/thread_state.h"
#include "src/cli/commands.h"
#include "src/cli/report.h"
#include "src/cli/selection_options.h"
#include "src/cli/stack_text.h"
#include "src/lockdown/sandbox.h"
#include "src/policy/algebra.h"
#include "src/policy/strict_policy.h"
#include "src/verify/symbolic_execution.h"

namespace qsbx {
namespace {

struct StackOptions {
  pid_t in_force = 0;  // 0: nobody's
  bool boot = false;
  std::vector<SelectionOptions> selections = {{}};
  bool json = false;
};

// A program of the stack: made of a policy, or read back from the kernel.
struct Layer {
  std::string name;
  std::optional<Policy> policy;
  Actions actions = {};
  Program program = {};
};

bool names_something(const SelectionOptions& options) {
  return !options.rule_files.empty() || !options.profile_names.empty() ||
         !options.qemu_command.empty() || !options.processes.empty();
}

std::string name_of(const SelectionOptions& options) {
  std::string name;
  const auto add = [&](const std::string& option, const std::string& value) {
    name.append(name.empty() ? "" : " ").append(option).append(" ").append(value);
  };
  for (const std::string& file : options.rule_files) add("--rules", file);
  for (const std::string& profile : options.profile_names) add("--profile", profile);
  for (const pid_t process : options.processes) add("--pid", std::to_string(process));
  if (!options.qemu_command.empty()) add("--argv", options.qemu_command.front() + " ...");
  return name;
}

// Strict mode is no program, and answers like one.
Layer strict_layer() {
  const Actions kill = {SECCOMP_RET_KILL_THREAD, false, SECCOMP_RET_KILL_THREAD};
  return {"strict mode", strict_policy(native_architecture()), kill, {}};
}

Result<ThreadState> state_of(pid_t tid) {
  const Result<std::vector<ThreadState>> threads = threads_of(tid);
  if (!threads.ok()) return threads.error();
  const auto found = std::ranges::find(*threads, tid, &ThreadState::tid);
  if (found != threads->end()) return *found;
  return Error{ErrorCode::kKernel, "thread " + std::to_string(tid) + " has ended", ESRCH};
}

Status add_layers_in_force(std::vector<Layer>& layers, pid_t tid) {
  const Result<ThreadState> state = state_of(tid);
  if (!state.ok()) return state.error();
  if (state->seccomp_mode == 1) {
    layers.push_back(strict_layer());
    return Done{};
  }
  Result<std::vector<Program>> programs = filters_of_thread(tid);
  if (!programs.ok()) return programs.error();
  for (Program& program : *programs) {
    const std::string name = "in force for thread " + std::to_string(tid) + ", " +
                             std::to_string(program.size()) + " instructions";
    layers.push_back({name, std::nullopt, {}, std::move(program)});
  }
  return Done{};
}

Status add_boot_layer(std::vector<Layer>& layers, const SelectionOptions& options) {
  const Result<Mode> mode = mode_from_string(options.mode);
  if (!mode.ok()) return mode.error();
  if (*mode == Mode::kAudit) {
    return Error{ErrorCode::kUsage,
                 "in mode audit no boot policy is put in force; leave --boot out"};
  }
  const Result<ProfileSet> set = read_profile_set(options);
  if (!set.ok()) return set.error();
  Result<Policy> policy = compose_boot(*set);
  if (!policy.ok()) return policy.error();
  layers.push_back({"phase boot", std::move(policy).value(), actions_for(*mode), {}});
  return Done{};
}

Status add_layer(std::vector<Layer>& layers, const SelectionOptions& options) {
  const Result<ChosenProfiles> chosen = choose_covered_profiles(options);
  if (!chosen.ok()) return chosen.error();
  Result<Policy> policy = compose(*chosen);
  if (!policy.ok()) return policy.error();
  layers.push_back({name_of(options), std::move(policy).value(), actions_for(chosen->mode), {}});
  return Done{};
}

Error about_program(size_t program, Error error) {
  error.message = "program " + std::to_string(program + 1) + ": " + error.message;
  return error;
}

// In the order in which the kernel gets them.
Result<std::vector<Layer>> layers_of(const StackOptions& options) {
  std::vector<Layer> layers;
  const auto& selections = options.selections;
  const bool has_base = options.in_force != 0 || options.boot;
  if (options.in_force != 0) {
    if (Status added = add_layers_in_force(layers, options.in_force); !added) return added.error();
  }
  if (options.boot) {
    if (Status added = add_boot_layer(layers, selections.front()); !added) return added.error();
  }
  for (size_t i = 0; i < selections.size(); ++i) {
    // The first may be left out: there is something to stack on.
    if (i == 0 && has_base && !names_something(selections[i])) continue;
    Status added = add_layer(layers, selections[i]);
    if (!added) return about_program(layers.size(), std::move(added).error());
  }
  return layers;
}

Result<Architecture> architecture_of(const std::vector<Layer>& layers) {
  std::optional<Architecture> common;
  for (const Layer& layer : layers) {
    const Architecture own = layer.policy ? layer.policy->architecture() : native_architecture();
    if (!common) common = own;
    if (own == *common) continue;
    return Error{ErrorCode::kPolicy, "programs for different architectures (" +
                                         std::string(architecture_name(*common)) + " and " +
                                         std::string(architecture_name(own)) +
                                         ") are never in force at once; give all the same --arch"};
  }
  return common.value_or(native_architecture());
}

Status put_on(ProgramStack& stack, const Layer& layer) {
  if (layer.policy) {
    stack.add(diagram_of(stack.diagrams(), *layer.policy, layer.actions));
    return Done{};
  }
  const auto node = diagram_of(stack.diagrams(), layer.program);
  if (!node.ok()) return about_program(stack.size(), node.error());
  stack.add(*node);
  return Done{};
}

std::vector<GrantInVain> grants_in_vain(ProgramStack& stack, const std::vector<Layer>& layers) {
  std::vector<GrantInVain> in_vain;
  for (size_t i = 1; i < layers.size(); ++i) {
    const auto useless =
        layers[i].policy ? stack.useless_grants(i, *layers[i].policy) : stack.useless_grants(i);
    for (const UselessGrant& grant : useless) in_vain.push_back({i, grant});
  }
  return in_vain;
}

// Nothing where one of them has no policy.
Result<std::optional<Policy>> granted_by_each(const std::vector<Layer>& layers) {
  std::optional<Policy> common;
  for (const Layer& layer : layers) {
    if (!layer.policy) return std::optional<Policy>();
    if (!common) {
      common = layer.policy;
      continue;
    }
    Result<Policy> both = intersection(*common, *layer.policy);
    if (!both.ok()) return both.error();
    common = std::move(both).value();
  }
  return common;
}

Result<StackReport> report_on(const std::vector<Layer>& layers) {
  const Result<Architecture> architecture = architecture_of(layers);
  if (!architecture.ok()) return architecture.error();
  ProgramStack stack(*architecture);
  StackReport report = {*architecture, {}, {}, {}, {}, {}, std::nullopt};
  for (const Layer& layer : layers) {
    if (Status put = put_on(stack, layer); !put) return put.error();
    report.programs.push_back(layer.name);
  }
  report.in_vain = grants_in_vain(stack, layers);
  for (const Syscall& call : syscalls(*architecture)) {
    report.calls.push_back({call.number, stack.answers(call.number)});
  }
  report.to_unknown = stack.answers_to_unknown_numbers();
  report.to_foreign = stack.answers_to_foreign_calls();
  if (Status small = stack.check_size(); !small) return small.error();
  Result<std::optional<Policy>> common = granted_by_each(layers);
  if (!common.ok()) return common.error();
  report.granted_by_each = std::move(common).value();
  return report;
}

size_t standard_inputs(const StackOptions& options) {
  size_t count = 0;
  for (const SelectionOptions& selection : options.selections) {
    count += static_cast<size_t>(std::ranges::count(selection.rule_files, "-"));
  }
  return count;
}

// A thread that is not there is bad input; otherwise this machine lacks something.
int report_layers(const Error& error) {
  const int status = report(error);
  const bool gone = error.saved_errno == ENOENT || error.saved_errno == ESRCH;
  return gone ? kBadInput : status;
}

int stack_command(const StackOptions& options) {
  if (standard_inputs(options) > 1) {
    return report({ErrorCode::kUsage,
                   "standard input can be read once only; all selections but one have to name a "
                   "file"});
  }
  const Result<std::vector<Layer>> layers = layers_of(options);
  if (!layers.ok()) return report_layers(layers.error());
  if (layers->empty()) {
    say("thread " + std::to_string(options.in_force) + " runs under no filter");
    return kNo;
  }
  const Result<StackReport> found = report_on(*layers);
  if (!found.ok()) return report(found.error());
  std::cout << (options.json ? stack_json(*found) : stack_text(*found));
  return found->in_vain.empty() ? kYes : kNo;
}

// What stands after a --, with options of its own. An exception, as CLI11 reports, goes on to
// main().
SelectionOptions parse_later(const SecondSelection& words, bool& json) {
  SelectionOptions selection;
  CLI::App app;
  app.set_help_flag();
  add_selection_options(app, selection);
  app.add_flag("--json", json);
  app.parse(std::vector<std::string>(words.words.rbegin(), words.words.rend()));
  selection.qemu_command = words.qemu;
  return selection;
}

}  // namespace

void add_stack_command(CLI::App& app, const QemuCommand& qemu,
                       const std::vector<SecondSelection>& later, int& exit_status) {
  CLI::App* command =
      app.add_subcommand("stack", "What programs let through that are in force at once");
  command->footer(
      "Later selections stand after --, the newest last: qsbx stack SELECTION -- SELECTION");
  auto options = std::make_shared<StackOptions>();
  add_selection_options(*command, options->selections.front());
  command->add_flag("--boot", options->boot, "The boot policy of the profile folder comes first");
  command
      ->add_option("--in-force", options->in_force,
                   "The filters that this process or thread runs under come first of all")
      ->type_name("PID")
      ->check(CLI::PositiveNumber);
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([options, &qemu, &later, &exit_status] {
    options->selections.front().qemu_command = qemu;
    for (const SecondSelection& words : later) {
      options->selections.push_back(parse_later(words, options->json));
    }
    exit_status = stack_command(*options);
  });
}

}  // namespace qsbx
