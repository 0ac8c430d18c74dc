// SPDX-License-Identifier: LGPL-2.1-or-later
//
// qsbx compile: the program of a policy, proven before it is printed, or the policy in the format
// of another tool.
#include "src/compile/compile.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <memory>

#include "kernel/bitmask.h"
#include "src/cli/backends.h"
#include "src/cli/commands.h"
#include "src/cli/option_values.h"
#include "src/cli/phase_policy.h"
#include "src/cli/program_text.h"
#include "src/cli/rendering.h"
#include "src/cli/report.h"
#include "src/cli/selection_options.h"
#include "src/verify/verify.h"

namespace qsbx {
namespace {

struct CompileOptions {
  SelectionOptions selection;
  std::string format;  // empty: asm, or a text where there is no program
  std::string output;  // empty: standard output
  std::string phase = "run";
  std::string union_file;
  std::string object_name;  // empty: "qemu"
  std::string backend = "filter";
  bool relax = false;
  bool tighten = false;
};

Result<ModalPolicy> chosen_policy(const CompileOptions& options) {
  Result<ModalPolicy> modal = policy_of_phase(options.phase, options.selection);
  if (!modal.ok() || options.union_file.empty()) return modal;
  Result<Policy> united = united_with_file(modal->policy, options.union_file);
  if (!united.ok()) return united.error();
  modal->policy = std::move(united).value();
  return modal;
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

// The policy does not go into the backend: a no, where other errors are bad input.
int report_misfit(const Error& error) {
  if (error.code != ErrorCode::kPolicy) return report(error);
  say(error.to_string());
  return kNo;
}

// What a program answers in these modes is for libqsbx to act on, and these formats take it to
// where others load it.
void say_what_program_needs(Mode mode, const std::string& format) {
  if (format != "raw" && format != "c") return;
  if (mode == Mode::kErrno) {
    say("in mode errno this program traps, so that libqsbx in the process lets the call fail; "
        "without libqsbx a denied call ends the process");
  }
  if (mode == Mode::kAudit) {
    say("in mode audit this program asks a listener, so that libqsbx in the process lets the call "
        "run; without libqsbx a denied call fails with ENOSYS, and nothing is reported");
  }
}

int write_program(const std::string& text, const ModalPolicy& modal,
                  const CompileOptions& options) {
  say_what_program_needs(modal.mode, options.format);
  return write(text, options);
}

int compile_to_filter(const ModalPolicy& modal, const CompileOptions& options) {
  const Result<VerifiedProgram> proven = proven_program(modal);
  if (!proven.ok()) return report(proven.error());
  return write_program(formatted(proven->program(), options.format, modal.policy.architecture()),
                       modal, options);
}

PartialCalls partial_calls(const CompileOptions& options) {
  if (options.relax) return PartialCalls::kRelax;
  return options.tighten ? PartialCalls::kTighten : PartialCalls::kRefuse;
}

int compile_to_bitmask(const ModalPolicy& modal, const CompileOptions& options) {
  const Result<PolicyByNumber> numbers = by_number(modal.policy, partial_calls(options));
  if (!numbers.ok()) return report_misfit(numbers.error());
  const Architecture architecture = modal.policy.architecture();
  const Result<VerifiedProgram> proven =
      proven_program({numbers->policy, modal.mode, modal.recorded});
  if (!proven.ok()) return report(proven.error());
  const Program& program = proven->program();
  if (const Status cached = check_bitmask(program, architecture); !cached.ok()) {
    return report(cached.error());
  }
  say_bitmask(*numbers, program);
  return write_program(options.format == "json" ? bitmask_json(*numbers, program)
                                                : formatted(program, options.format, architecture),
                       modal, options);
}

int answer_for_strict(const ModalPolicy& modal, const CompileOptions& options) {
  if (!options.format.empty() && options.format != "json") {
    say("strict mode has no program to print as " + options.format +
        "; leave --format out, or give --format json");
    return kBadInput;
  }
  const Result<std::string> answer =
      strict_answer(modal.policy, modal.mode, options.format == "json");
  if (!answer.ok()) return report_misfit(answer.error());
  return write(*answer, options);
}

int compile_to_format(const ModalPolicy& modal, Format format, const CompileOptions& options) {
  const Result<std::string> text =
      rendered(modal.policy, {format, modal.mode, partial_calls(options),
                              options.object_name.empty() ? "qemu" : options.object_name});
  if (!text.ok()) return report_misfit(text.error());
  return write(*text, options);
}

Status check_options(const CompileOptions& options) {
  if (!options.object_name.empty() && options.format != "spo") {
    return Error{ErrorCode::kUsage,
                 "--name is for the object of --format spo; no other format has one, leave it out"};
  }
  const bool rendering = format_by_name(options.format).has_value();
  if (rendering && options.backend != "filter") {
    return Error{ErrorCode::kUsage, "--backend is about programs, and " + options.format +
                                        " is a policy in another tool's format; leave one out"};
  }
  if ((options.relax || options.tighten) && options.backend != "bitmask" && !rendering) {
    return Error{ErrorCode::kUsage,
                 "--relax and --tighten are for --backend bitmask and for --format oci, spo, "
                 "minijail, crosvm and systemd"};
  }
  return Done{};
}

int compile_command(const CompileOptions& options) {
  if (const Status possible = check_options(options); !possible.ok()) {
    return report(possible.error());
  }
  const Result<ModalPolicy> modal = chosen_policy(options);
  if (!modal.ok()) return report(modal.error());
  if (const std::optional<Format> format = format_by_name(options.format)) {
    return compile_to_format(*modal, *format, options);
  }
  if (options.backend == "strict") return answer_for_strict(*modal, options);
  if (options.backend == "bitmask") return compile_to_bitmask(*modal, options);
  return compile_to_filter(*modal, options);
}

void add_backend_options(CLI::App& command, CompileOptions& options) {
  command
      .add_option("--backend", options.backend,
                  "filter (as when absent), bitmask: call numbers alone, or strict: mode 1")
      ->type_name("BACKEND")
      ->check(CLI::IsMember({"strict", "bitmask", "filter"}));
  CLI::Option* relax =
      command.add_flag("--relax", options.relax,
                       "bitmask and formats: grant whole what depends on arguments beyond them");
  command
      .add_flag("--tighten", options.tighten,
                "bitmask and formats: do not grant what depends on arguments beyond them")
      ->excludes(relax);
}

void add_format_options(CLI::App& command, CompileOptions& options) {
  command
      .add_option(
          "--format", options.format,
          "raw, asm (as when absent), c or json: the program; oci, spo, minijail, crosvm or "
          "systemd: the policy, for other tools")
      ->type_name("FORMAT")
      ->check(CLI::IsMember(
          {"raw", "asm", "c", "json", "oci", "spo", "minijail", "crosvm", "systemd"}));
  command.add_option("-o,--output", options.output, "Write to FILE, not to standard output")
      ->type_name("FILE")
      ->check(not_empty());
  command
      .add_option("--name", options.object_name, "spo: the name of the object; qemu when absent")
      ->type_name("NAME")
      ->check(not_empty());
}

void add_policy_options(CLI::App& command, CompileOptions& options) {
  command
      .add_option("--phase", options.phase,
                  "run (as when absent): what this machine needs; boot: what QEMU may do until its "
                  "devices are ready, the same for every machine; union: both joined")
      ->type_name("PHASE")
      ->check(CLI::IsMember({"run", "boot", "union"}));
  command
      .add_option("--union", options.union_file,
                  "Joins what this seccomp profile of a container runtime grants")
      ->type_name("FILE")
      ->check(not_empty());
}

}  // namespace

void add_compile_command(CLI::App& app, const QemuCommand& qemu, int& exit_status) {
  CLI::App* command = app.add_subcommand("compile", "Print the program, once it is proven");
  auto options = std::make_shared<CompileOptions>();
  add_selection_options(*command, options->selection);
  add_format_options(*command, *options);
  add_policy_options(*command, *options);
  add_backend_options(*command, *options);
  command->callback([options, &qemu, &exit_status] {
    options->selection.qemu_command = qemu;
    exit_status = compile_command(*options);
  });
}

}  // namespace qsbx
