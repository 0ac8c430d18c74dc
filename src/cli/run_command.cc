// SPDX-License-Identifier: LGPL-2.1-or-later
#include <memory>

#include "integration/qemu/launch/run.h"
#include "src/cli/commands.h"
#include "src/cli/option_values.h"
#include "src/cli/report.h"
#include "src/cli/selection_options.h"

namespace qsbx {

void add_run_command(CLI::App& app, const QemuCommand& qemu, int& exit_status) {
  CLI::App* command = app.add_subcommand(
      "run", "Start an unmodified QEMU and lock it down when its devices are ready");
  command->footer(
      "QEMU and its options follow --, last on the line:\n"
      "  qsbx run --mode enforce -- qemu-system-x86_64 -M q35 ...\n"
      "It may be qemu-storage-daemon or qemu-nbd, too.");
  auto options = std::make_shared<RunOptions>();
  add_mode_option(*command, options->mode);
  command
      ->add_option("--allow", options->features,
                   "What a manager may do later, such as hotplug; separated by commas")
      ->type_name("FEATURE[,FEATURE]")
      ->delimiter(',')
      ->allow_extra_args(false);
  command
      ->add_option("--open", options->opens,
                   "A file, or by a slash at its end a folder, that a broker opens for QEMU after "
                   "lockdown; may be there several times")
      ->type_name("PATH[:ro|:rw]")
      ->allow_extra_args(false);
  command->add_flag("--roles", options->roles,
                    "Let each thread keep only what its role needs: virtual processors, iothreads, "
                    "workers and others");
  command->add_option("--report", options->report_file, "Write to FILE what was put in force")
      ->type_name("FILE")
      ->check(not_empty());
  add_profile_folder_option(*command, options->profiles);
  command->add_flag("--landlock", options->landlock,
                    "A wall besides: only the paths, and the TCP, that QEMU's options name");
  command
      ->add_option("--let-read", options->let_read,
                   "With --landlock: a file or folder that QEMU may read; more than once")
      ->type_name("PATH")
      ->allow_extra_args(false);
  command
      ->add_option("--let-write", options->let_write,
                   "With --landlock: a file or folder that QEMU may change; more than once")
      ->type_name("PATH")
      ->allow_extra_args(false);
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
