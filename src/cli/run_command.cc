// SPDX-License-Identifier: LGPL-2.1-or-later
#include <memory>

#include "src/cli/commands.h"
#include "src/cli/report.h"
#include "src/cli/run.h"

namespace qsbx {

void add_run_command(CLI::App& app, const QemuCommand& qemu, int& exit_status) {
  CLI::App* command = app.add_subcommand(
      "run", "Start an unmodified QEMU and lock it down when its devices are ready");
  command->footer(
      "QEMU and its options follow --, last on the line:\n"
      "  qsbx run --mode enforce -- qemu-system-x86_64 -M q35 ...");
  auto options = std::make_shared<RunOptions>();
  command->add_option("--mode", options->mode, "enforce (as when absent), errno or audit")
      ->type_name("MODE");
  command
      ->add_option("--allow", options->features,
                   "What a manager may do later, such as hotplug; separated by commas")
      ->type_name("FEATURE[,FEATURE]")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_option("--report", options->report_file, "Write to FILE what was put in force")
      ->type_name("FILE");
  command
      ->add_option("--profiles", options->profiles,
                   "The profile folder; $QSBX_PROFILES or else the installed one when absent")
      ->type_name("DIR");
  command->callback([options, &qemu, &exit_status] {
    if (qemu.empty()) {
      say("run what? Put -- and then QEMU with its options last on the line");
      exit_status = kBadInput;
      return;
    }
    options->command = qemu;
    exit_status = run_command(*options);
  });
}

}  // namespace qsbx
