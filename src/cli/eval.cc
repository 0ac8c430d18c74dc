// SPDX-License-Identifier: LGPL-2.1-or-later
//
// qsbx eval: what becomes of one call.
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "src/bpf/interpreter.h"
#include "src/bpf/kernel_bitmap.h"
#include "src/cli/commands.h"
#include "src/cli/programs_in_force.h"
#include "src/cli/report.h"
#include "src/cli/selection_options.h"
#include "src/lockdown/call_text.h"
#include "src/policy/algebra.h"
#include "src/policy/bound_descriptors.h"
#include "src/policy/program_stack.h"
#include "src/profile/call_words.h"
#include "src/syscalls/beyond_filters.h"
#include "src/syscalls/constants.h"

namespace qsbx {
namespace {

struct EvalOptions {
  SelectionOptions selection;
  std::string call;
  std::vector<std::string> arguments;
  bool json = false;
};

// What the kernel does to find out. A policy that grants nothing has no program: 0 steps.
struct Cost {
  int steps = 0;
  bool cached = false;
};

struct Answer {
  Call call;
  Decision decision;
  Cost cost;
  std::set<DescriptorKind> unbound;  // of the rules that grant it
  std::string note;                  // empty, or about the role
};

// Empty when a rule without descriptors grants the call.
std::set<DescriptorKind> unbound_kinds(const Policy& policy, const Call& call) {
  std::set<DescriptorKind> kinds;
  const auto entry = policy.calls().find(call.number);
  if (entry == policy.calls().end() || is_foreign(policy.architecture(), call)) return kinds;
  for (const Grant& grant : entry->second.grants) {
    if (!holds(grant.condition, call.arguments)) continue;
    const std::set<DescriptorKind> named = kinds_in(grant.condition);
    if (named.empty()) return {};
    kinds.insert(named.begin(), named.end());
  }
  return kinds;
}

Error not_the_same(uint32_t action, uint32_t wanted) {
  return Error{ErrorCode::kNotProven, "the policy says " + action_name(wanted) +
                                          " and its program " + action_name(action) +
                                          "; please report this, with the profiles"};
}

// All programs run, and the kernel follows the strictest, which has to be what the policy says.
Result<Cost> cost_of(const ChosenProfiles& chosen, const Policy& policy, const Call& call) {
  const Result<std::vector<Program>> programs = programs_in_force(chosen);
  if (!programs.ok()) return programs.error();
  if (programs->empty()) return Cost{};
  Cost cost = {0, true};
  uint32_t action = SECCOMP_RET_ALLOW;
  for (const Program& program : *programs) {
    const Execution execution = run(program, to_seccomp_data(call));
    cost.steps += execution.steps;
    cost.cached = cost.cached && kernel_caches(program, call.audit_arch, call.number);
    action = stricter_action(execution.action, action);
  }
  const uint32_t wanted = action_of(policy, actions_for(chosen.mode), call);
  const bool whole_process = !note_about_role(chosen).empty();
  if (action != wanted && !whole_process) return not_the_same(action, wanted);
  return cost;
}

std::string verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAllow:
      return "allow";
    case Verdict::kErrno:
      return "errno";
    case Verdict::kDeny:
      break;
  }
  return "deny";
}

// What a filter cannot do about this call.
std::string limit_of(const Answer& answer, Architecture architecture) {
  return describe_beyond_filters(architecture, call_name(answer.call.number, architecture));
}

std::string notes_of(const Answer& answer) {
  std::string notes = answer.unbound.empty() ? "" : unbound_note(answer.unbound);
  if (!notes.empty() && !answer.note.empty()) notes += "; ";
  return notes + answer.note;
}

void print_json(const Answer& answer, Architecture architecture) {
  nlohmann::ordered_json json = {{"syscall", call_name(answer.call.number, architecture)},
                                 {"nr", static_cast<uint32_t>(answer.call.number)},
                                 {"arch", std::string(architecture_name(architecture))},
                                 {"verdict", verdict_name(answer.decision.verdict)},
                                 {"errno", nullptr},
                                 {"rule", nullptr},
                                 {"steps", answer.cost.steps},
                                 {"cached", answer.cost.cached}};
  if (answer.decision.verdict == Verdict::kErrno) json["errno"] = answer.decision.error;
  if (answer.decision.origin != nullptr) json["rule"] = answer.decision.origin->to_string();
  const std::string limit = limit_of(answer, architecture);
  if (!limit.empty()) json["limit"] = limit;
  if (const std::string note = notes_of(answer); !note.empty()) json["note"] = note;
  std::cout << json.dump() << "\n";
}

std::string steps_text(const Cost& cost) {
  if (cost.steps == 0) return "none: a policy that grants nothing is never installed";
  const std::string steps = std::to_string(cost.steps) + " instructions";
  return cost.cached ? "none: the kernel answers from its bitmap (" + steps + " otherwise)" : steps;
}

void print_text(const Answer& answer, Architecture architecture) {
  const Decision& decision = answer.decision;
  std::cout << verdict_name(decision.verdict);
  if (decision.verdict == Verdict::kErrno) std::cout << " " << errno_name(decision.error);
  std::cout << "  " << call_text(architecture, to_seccomp_data(answer.call)) << "\n";
  std::cout << "rule   "
            << (decision.origin == nullptr ? "none grants it" : decision.origin->to_string())
            << "\n";
  std::cout << "steps  " << steps_text(answer.cost) << "\n";
  const std::string limit = limit_of(answer, architecture);
  if (!limit.empty()) std::cout << "limit  " << limit << "\n";
  if (const std::string note = notes_of(answer); !note.empty())
    std::cout << "note   " << note << "\n";
}

int eval_command(const EvalOptions& options) {
  const Result<ChosenProfiles> chosen = choose_covered_profiles(options.selection);
  if (!chosen.ok()) return report(chosen.error());
  const Result<Call> call = read_call(options.call, options.arguments, chosen->architecture);
  if (!call.ok()) return report(call.error());
  const Result<Policy> policy = join_rules(*chosen);
  if (!policy.ok()) return report(policy.error());
  const Result<Cost> cost = cost_of(*chosen, *policy, *call);
  if (!cost.ok()) return report(cost.error());
  const Answer answer = {*call, evaluate(*policy, *call), *cost, unbound_kinds(*policy, *call),
                         note_about_role(*chosen)};
  if (options.json) {
    print_json(answer, chosen->architecture);
  } else {
    print_text(answer, chosen->architecture);
  }
  return answer.decision.verdict == Verdict::kAllow ? kYes : kNo;
}

}  // namespace

void add_eval_command(CLI::App& app, const QemuCommand& qemu, int& exit_status) {
  CLI::App* command =
      app.add_subcommand("eval", "What becomes of one call, by which rule, and at what cost");
  auto options = std::make_shared<EvalOptions>();
  add_selection_options(*command, options->selection);
  command->add_flag("--json", options->json, "Print JSON");
  command->add_option("CALL", options->call, "The system call, by name or number")
      ->type_name("")
      ->required();
  command
      ->add_option("ARG", options->arguments,
                   "Numbers, or constants such as 'O_RDWR|O_CREAT'; 0 when absent")
      ->type_name("");
  command->callback([options, &qemu, &exit_status] {
    options->selection.qemu_command = qemu;
    exit_status = eval_command(*options);
  });
}

}  // namespace qsbx
