// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Subcommands of `qsbx virt`, one file each.
#ifndef QSBX_INTEGRATION_LIBVIRT_VIRT_COMMANDS_H_
#define QSBX_INTEGRATION_LIBVIRT_VIRT_COMMANDS_H_

namespace CLI {
class App;
}

namespace qsbx {

void add_status_command(CLI::App& app, int& exit_status);
void add_check_command(CLI::App& app, int& exit_status);
void add_enable_command(CLI::App& app, int& exit_status);
void add_disable_command(CLI::App& app, int& exit_status);
void add_question_commands(CLI::App& app, int& exit_status);  // compose, explain, diff, verify
void add_watch_command(CLI::App& app, int& exit_status);

}  // namespace qsbx

#endif
