// SPDX-License-Identifier: LGPL-2.1-or-later
//
// qsbx verify: proves program and policy equal, or shows a call on which they differ.
#include "src/verify/verify.h"

#include <errno.h>
#include <string.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "src/bpf/interpreter.h"
#include "src/bpf/kernel_bitmap.h"
#include "src/cli/commands.h"
#include "src/cli/option_values.h"
#include "src/cli/program_text.h"
#include "src/cli/report.h"
#include "src/cli/selection_options.h"
#include "src/compile/compile.h"
#include "src/lockdown/call_text.h"
#include "src/policy/algebra.h"
#include "src/profile/call_words.h"
#include "src/syscalls/beyond_filters.h"

namespace qsbx {
namespace {

struct VerifyOptions {
  SelectionOptions selection;
  std::string program_file;  // empty: the program that we compile
  bool json = false;
};

struct Question {
  Policy policy;
  Actions actions;
  Program program;
};

struct Proof {
  size_t instructions;
  int granted_calls;
  int cached_calls;
  size_t nodes;
  double milliseconds;
  std::vector<std::string> left_out;  // calls about which the program is not asked everywhere
};

Result<Program> read_program(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return Error{ErrorCode::kUsage, "cannot open program '" + file + "': " + strerror(errno),
                 errno};
  }
  // The kernel takes 4096 instructions; a longer file is read as far as it takes to see that.
  std::string bytes(4097 * sizeof(Instruction), '\0');
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(stream.gcount()));
  return from_raw(bytes);
}

Result<Question> read_question(const VerifyOptions& options) {
  const Result<ChosenProfiles> chosen = choose_covered_profiles(options.selection);
  if (!chosen.ok()) return chosen.error();
  const Result<Policy> policy = compose(*chosen);
  if (!policy.ok()) return policy.error();
  const Actions actions = actions_for(chosen->mode);
  Result<Program> program = options.program_file.empty()
                                ? compile(*policy, actions, recorded_calls(*chosen, *policy))
                                : read_program(options.program_file);
  if (!program.ok()) return program.error();
  return Question{*policy, actions, std::move(program).value()};
}

Proof proof_of(const Question& question, double milliseconds) {
  Proof proof = {question.program.size(), 0, 0, 0, milliseconds, {}};
  const uint32_t audit_arch = audit_architecture(question.policy.architecture());
  for (const auto& [number, call] : question.policy.calls()) {
    if (call.grants.empty()) continue;
    ++proof.granted_calls;
    if (kernel_caches(question.program, audit_arch, number)) ++proof.cached_calls;
  }
  DecisionDiagrams diagrams;
  diagram_of(diagrams, question.policy, question.actions);
  proof.nodes = diagrams.size();
  for (const int number : unfiltered_calls(question.policy.architecture())) {
    proof.left_out.push_back(call_name(number, question.policy.architecture()));
  }
  return proof;
}

void print_proof(const Proof& proof, bool json) {
  if (json) {
    std::cout << nlohmann::ordered_json{{"proven", true},
                                        {"instructions", proof.instructions},
                                        {"granted_calls", proof.granted_calls},
                                        {"cached_calls", proof.cached_calls},
                                        {"diagram_nodes", proof.nodes},
                                        {"milliseconds", proof.milliseconds},
                                        {"left_out", proof.left_out}}
                     .dump()
              << "\n";
    return;
  }
  std::cout << "proven: the program does with every call what the policy says\n"
            << "instructions   " << proof.instructions << "\n"
            << "granted calls  " << proof.granted_calls << ", " << proof.cached_calls
            << " of them answered from the kernel's bitmap\n"
            << "diagram        " << proof.nodes << " nodes\n"
            << "time           " << proof.milliseconds << " ms\n";
  for (const std::string& call : proof.left_out) {
    std::cout << "left out       " << call
              << ", for which recent kernels ask no program (qsbx probe)\n";
  }
}

nlohmann::ordered_json difference_json(const Question& question, const seccomp_data& data) {
  const Call call = to_call(data);
  return {{"arch", data.arch},
          {"nr", static_cast<uint32_t>(data.nr)},
          {"syscall", call_name(data.nr, question.policy.architecture())},
          {"args", call.arguments},
          {"program", action_name(run(question.program, data).action)},
          {"policy", action_name(action_of(question.policy, question.actions, call))}};
}

void print_difference(const Question& question, const seccomp_data& data, bool json) {
  const nlohmann::ordered_json difference = difference_json(question, data);
  if (json) {
    std::cout << nlohmann::ordered_json{{"proven", false}, {"differs_on", difference}}.dump()
              << "\n";
    return;
  }
  std::cout << "differs: program and policy do not agree on this call\n"
            << "call     " << call_text(question.policy.architecture(), data) << "\n"
            << "program  " << difference["program"].get<std::string>() << "\n"
            << "policy   " << difference["policy"].get<std::string>() << "\n";
}

int verify_command(const VerifyOptions& options) {
  const Result<Question> question = read_question(options);
  if (!question.ok()) return report(question.error());
  const auto start = std::chrono::steady_clock::now();
  const auto difference = find_difference(question->program, question->policy, question->actions);
  const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
  if (!difference.ok()) return report(difference.error());
  if (difference->has_value()) {
    print_difference(*question, **difference, options.json);
    return kNo;
  }
  print_proof(proof_of(*question, time.count()), options.json);
  return kYes;
}

}  // namespace

void add_verify_command(CLI::App& app, const QemuCommand& qemu, int& exit_status) {
  CLI::App* command = app.add_subcommand(
      "verify", "Prove program and policy equal, or show a call on which they differ");
  auto options = std::make_shared<VerifyOptions>();
  add_selection_options(*command, options->selection);
  command->add_flag("--json", options->json, "Print JSON");
  command
      ->add_option("--program", options->program_file,
                   "A raw program to hold against the policy, instead of our own")
      ->type_name("FILE")
      ->check(not_empty());
  command->callback([options, &qemu, &exit_status] {
    options->selection.qemu_command = qemu;
    exit_status = verify_command(*options);
  });
}

}  // namespace qsbx
