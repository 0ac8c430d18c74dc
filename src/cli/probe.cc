// SPDX-License-Identifier: LGPL-2.1-or-later
//
// qsbx probe: what this kernel can do.
#include "kernel/probe.h"

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "src/cli/commands.h"
#include "src/cli/report.h"

namespace qsbx {
namespace {

void print_json(const std::vector<Capability>& capabilities) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Capability& one : capabilities) {
    list.push_back({{"name", one.name},
                    {"present", one.present},
                    {"required", one.required},
                    {"use", one.use},
                    {"since", one.since},
                    {"without", one.without},
                    {"here", one.here},
                    {"detail", one.detail()}});
  }
  std::cout << json_text(list);
}

void print_text(const std::vector<Capability>& capabilities) {
  for (const Capability& one : capabilities) {
    const std::string missing = one.required ? "MISSING" : "missing";
    std::cout << std::left << std::setw(20) << one.name << "  " << std::setw(7)
              << (one.present ? "yes" : missing) << "  " << one.detail() << "\n";
  }
}

int probe_command(bool json) {
  const std::vector<Capability> capabilities = probe(running_kernel());
  if (json) {
    print_json(capabilities);
  } else {
    print_text(capabilities);
  }
  const auto lacking = [](const Capability& one) { return one.required && !one.present; };
  const auto first = std::find_if(capabilities.begin(), capabilities.end(), lacking);
  if (first == capabilities.end()) return kYes;
  say("no lockdown is possible here: the kernel lacks " + first->name + " (" + first->detail() +
      ")");
  return kLacking;
}

}  // namespace

void add_probe_command(CLI::App& app, int& exit_status) {
  CLI::App* command = app.add_subcommand("probe", "What this kernel can do");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "Print JSON");
  command->callback([json, &exit_status] { exit_status = probe_command(*json); });
}

}  // namespace qsbx
