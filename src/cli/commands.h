// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The subcommands. Each adds itself, with its options, to the command line, and leaves its exit
// status (src/cli/report.h) when it is the one that was asked for.
#ifndef QSBX_CLI_COMMANDS_H_
#define QSBX_CLI_COMMANDS_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace qsbx {

// What main() has taken off the command line before it is parsed, because it is not ours to parse:
// what follows --argv, and for `run` and `trace` what follows --.
using QemuCommand = std::vector<std::string>;

// For `diff` and `stack`, what follows --, without what follows --argv there.
struct SecondSelection {
  std::vector<std::string> words;
  QemuCommand qemu;
};

void add_run_command(CLI::App& app, const QemuCommand& qemu, int& exit_status);
void add_compose_command(CLI::App& app, const QemuCommand& qemu, int& exit_status);
void add_compile_command(CLI::App& app, const QemuCommand& qemu, int& exit_status);
void add_eval_command(CLI::App& app, const QemuCommand& qemu, int& exit_status);
void add_explain_command(CLI::App& app, const QemuCommand& qemu, int& exit_status);
void add_diff_command(CLI::App& app, const QemuCommand& qemu, const SecondSelection& second,
                      int& exit_status);
// `later`: what follows each --, from the oldest program to the newest.
void add_stack_command(CLI::App& app, const QemuCommand& qemu,
                       const std::vector<SecondSelection>& later, int& exit_status);
void add_verify_command(CLI::App& app, const QemuCommand& qemu, int& exit_status);
void add_trace_command(CLI::App& app, const QemuCommand& qemu, int& exit_status);
void add_learn_command(CLI::App& app, const QemuCommand& qemu, int& exit_status);
void add_coverage_command(CLI::App& app, int& exit_status);
void add_lint_command(CLI::App& app, int& exit_status);
void add_status_command(CLI::App& app, int& exit_status);
void add_probe_command(CLI::App& app, int& exit_status);
void add_virt_command(CLI::App& app);

}  // namespace qsbx

#endif
