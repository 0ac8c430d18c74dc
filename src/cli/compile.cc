// SPDX-License-Identifier: LGPL-2.1-or-later
//
// qsbx compile: the program of a policy, proven before it is printed.
#include "src/compile/compile.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <memory>

#include "src/cli/commands.h"
#include "src/cli/program_text.h"
#include "src/cli/report.h"
#include "src/cli/selection_options.h"
#include "src/lockdown/sandbox.h"
#include "src/verify/verify.h"

namespace qsbx {
namespace {

struct CompileOptions {
  SelectionOptions selection;
  std::string format = "asm";
  std::string output;  // empty: standard output
  std::string phase = "run";
  std::string backend = "filter";
};

struct ModalPolicy {
  Policy policy;
  Mode mode;
  std::vector<WeightedCall> recorded;
};

Result<ModalPolicy> run_policy(const SelectionOptions& options) {
  const Result<ChosenProfiles> chosen = choose_covered_profiles(options);
  if (!chosen.ok()) return chosen.error();
  Result<Policy> policy = compose(*chosen);
  if (!policy.ok()) return policy.error();
  return ModalPolicy{std::move(policy).value(), chosen->mode, recorded_calls(*chosen)};
}

Result<ModalPolicy> boot_policy(const SelectionOptions& options) {
  const Result<Mode> mode = mode_from_string(options.mode);
  if (!mode.ok()) return mode.error();
  const Result<ProfileSet> set = read_profile_set(options);
  if (!set.ok()) return set.error();
  Result<Policy> policy = compose_boot(*set);
  if (!policy.ok()) return policy.error();
  return ModalPolicy{std::move(policy).value(), *mode, set->weights()};
}

Result<VerifiedProgram> proven_program(const ModalPolicy& modal) {
  const Actions actions = actions_for(modal.mode);
  Result<Program> program = compile(modal.policy, actions, modal.recorded);
  if (!program.ok()) return program.error();
  return verify(std::move(program).value(), modal.policy, actions);
}

std::string formatted(const Program& program, const std::string& format,
                      Architecture architecture) {
  if (format == "raw") return to_raw(program);
  if (format == "c") return to_c(program);
  if (format == "json") return to_json(program);
  return listing(program, architecture);
}

int write_to_file(const std::string& text, const std::string& file) {
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream << text;
  stream.close();
  if (stream) return kYes;
  say("cannot write '" + file + "': " + strerror(errno));
  return kBadInput;
}

int write(const std::string& text, const CompileOptions& options) {
  if (!options.output.empty()) return write_to_file(text, options.output);
  if (options.format == "raw" && isatty(STDOUT_FILENO)) {
    say("a raw program is nothing for a terminal; give -o FILE, or --format asm");
    return kBadInput;
  }
  std::cout << text;
  return kYes;
}

int compile_command(const CompileOptions& options) {
  const bool boot = options.phase == "boot";
  const Result<ModalPolicy> modal =
      boot ? boot_policy(options.selection) : run_policy(options.selection);
  if (!modal.ok()) return report(modal.error());
  const Result<VerifiedProgram> proven = proven_program(*modal);
  if (!proven.ok()) return report(proven.error());
  return write(formatted(proven->program(), options.format, modal->policy.architecture()), options);
}

}  // namespace

void add_compile_command(CLI::App& app, const QemuCommand& qemu, int& exit_status) {
  CLI::App* command = app.add_subcommand("compile", "Print the program, once it is proven");
  auto options = std::make_shared<CompileOptions>();
  add_selection_options(*command, options->selection);
  command->add_option("--format", options->format, "raw, asm (as when absent), c or json")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"raw", "asm", "c", "json"}));
  command->add_option("-o,--output", options->output, "Write to FILE, not to standard output")
      ->type_name("FILE");
  command
      ->add_option(
          "--phase", options->phase,
          "run (as when absent), or boot: the profiles of phase boot, whatever the machine")
      ->type_name("PHASE")
      ->check(CLI::IsMember({"run", "boot"}));
  command->add_option("--backend", options->backend, "filter: what the kernel enforces with")
      ->type_name("BACKEND")
      ->check(CLI::IsMember({"filter"}));
  command->callback([options, &qemu, &exit_status] {
    options->selection.qemu_command = qemu;
    exit_status = compile_command(*options);
  });
}

}  // namespace qsbx
