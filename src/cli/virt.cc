// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A program of its own, since it links libxml2 and libvirt, which qsbx does without.
#include "src/cli/virt.h"

#include <unistd.h>

#include "src/cli/commands.h"
#include "src/cli/report.h"
#include "src/machine/process_command.h"

namespace qsbx {

int become_virt(const std::vector<std::string>& words) {
  const std::string program = own_folder() + "/qsbx-virt";
  std::vector<char*> arguments = {const_cast<char*>("qsbx-virt")};
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execv(program.c_str(), arguments.data());
  say("there is no " + program + "; install qsbx-libvirt");
  return kLacking;
}

// For --help: main() has taken it off the line.
void add_virt_command(CLI::App& app) {
  app.add_subcommand("virt", "libvirt's guests: qsbx virt --help has more");
}

}  // namespace qsbx
