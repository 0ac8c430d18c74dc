// SPDX-License-Identifier: LGPL-2.1-or-later
//
// qsbx-virt, which is what `qsbx virt` becomes: a program of its own, so that qsbx itself needs
// neither libxml2 nor libvirt.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "integration/libvirt/refresh.h"
#include "integration/libvirt/virt_commands.h"
#include "integration/libvirt/virt_report.h"
#include "src/machine/process_command.h"

namespace qsbx {
namespace {

int refresh(const std::string& folder) {
  const auto touched = refresh_launchers(folder);
  if (!touched) return report(touched.error());
  for (const std::string& launcher : *touched) std::cout << "touched " << launcher << "\n";
  return kDone;
}

void add_refresh_command(CLI::App& app, int& exit_status) {
  CLI::App* command = app.add_subcommand(
      "refresh", "Have libvirt ask again what an emulator can do, where QEMU is newer");
  auto folder = std::make_shared<std::string>(own_folder());
  command->add_option("--in", *folder, "Where the launchers are; next to this program when absent")
      ->type_name("DIR");
  command->callback([folder, &exit_status] { exit_status = refresh(*folder); });
}

// CLI11 reports by exceptions; none leaves this function.
int run(int argc, char** argv) {
  int exit_status = kDone;
  CLI::App app{"Locks libvirt's guests down, and tells what becomes of them."};
  app.name("qsbx virt");
  app.require_subcommand(1);
  add_status_command(app, exit_status);
  add_check_command(app, exit_status);
  add_enable_command(app, exit_status);
  add_disable_command(app, exit_status);
  add_question_commands(app, exit_status);
  add_watch_command(app, exit_status);
  add_refresh_command(app, exit_status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    std::cerr << "qsbx: " << error.what() << "\nqsbx: see qsbx virt --help\n";
    return kBadInput;
  }
  return exit_status;
}

}  // namespace
}  // namespace qsbx

int main(int argc, char** argv) { return qsbx::run(argc, argv); }
