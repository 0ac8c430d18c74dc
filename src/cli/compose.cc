// SPDX-License-Identifier: LGPL-2.1-or-later
//
// qsbx compose: what a machine is made of, and which profiles that brings in.
#include <iomanip>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "src/cli/commands.h"
#include "src/cli/report.h"
#include "src/cli/selection_options.h"
#include "src/errors/text.h"

namespace qsbx {
namespace {

struct ComposeOptions {
  SelectionOptions selection;
  bool json = false;
};

nlohmann::ordered_json part_json(const Part& part) {
  return {{"kind", part.kind}, {"name", part.name}};
}

template <typename Parts>
nlohmann::ordered_json parts_json(const Parts& parts) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Part& part : parts) list.push_back(part_json(part));
  return list;
}

nlohmann::ordered_json profiles_json(const Selection& selection) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const SelectedProfile& selected : selection.profiles) {
    list.push_back({{"name", selected.profile->name},
                    {"file", selected.profile->file},
                    {"because", selected.because}});
  }
  return list;
}

void print_json(const ChosenProfiles& chosen) {
  const nlohmann::ordered_json json = {{"parts", parts_json(chosen.machine.parts)},
                                       {"features", chosen.features},
                                       {"profiles", profiles_json(chosen.selection)},
                                       {"uncovered", parts_json(chosen.selection.uncovered)},
                                       {"notes", chosen.notes}};
  std::cout << json_text(json);
}

template <typename Parts>
void print_parts(const std::string& title, const Parts& parts) {
  if (parts.empty()) return;
  std::cout << title << "\n";
  for (const Part& part : parts) {
    std::cout << "  " << std::left << std::setw(12) << part.kind << " " << part.name << "\n";
  }
}

void print_profiles(const Selection& selection) {
  size_t width = 0;
  for (const SelectedProfile& one : selection.profiles) {
    width = std::max(width, one.profile->file.size());
  }
  std::cout << "profiles\n";
  for (const SelectedProfile& one : selection.profiles) {
    std::cout << "  " << std::left << std::setw(static_cast<int>(width)) << one.profile->file
              << "  " << joined(one.because) << "\n";
  }
}

void print_text(const ChosenProfiles& chosen) {
  print_parts("machine", chosen.machine.parts);
  print_profiles(chosen.selection);
  print_parts("not covered by any profile", chosen.selection.uncovered);
  for (const std::string& note : chosen.notes) say("note: " + note);
}

int compose_command(const ComposeOptions& options) {
  const Result<ChosenProfiles> chosen = choose_profiles(options.selection);
  if (!chosen.ok()) return report(chosen.error());
  if (options.json) {
    print_json(*chosen);
  } else {
    print_text(*chosen);
  }
  if (!chosen->selection.uncovered.empty()) {
    report(uncovered_error(chosen->selection, *chosen->set));
    return kNo;
  }
  const Result<Policy> policy = compose(*chosen);
  return policy.ok() ? kYes : report(policy.error());
}

}  // namespace

void add_compose_command(CLI::App& app, const QemuCommand& qemu, int& exit_status) {
  CLI::App* command = app.add_subcommand(
      "compose", "What a machine is made of, which profiles that brings in, and because of what");
  auto options = std::make_shared<ComposeOptions>();
  add_selection_options(*command, options->selection);
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([options, &qemu, &exit_status] {
    options->selection.qemu_command = qemu;
    exit_status = compose_command(*options);
  });
}

}  // namespace qsbx
