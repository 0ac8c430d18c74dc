// SPDX-License-Identifier: LGPL-2.1-or-later
//
// qsbx virt status: all guests, and whether they are locked down as they were declared.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "integration/libvirt/guest_status.h"
#include "integration/libvirt/virt_commands.h"
#include "integration/libvirt/virt_report.h"

namespace qsbx {
namespace {

// Of one's own daemon all is said or nothing; what is wrong with another user's hides no guest.
Result<std::vector<GuestStatus>> all_guests() {
  std::vector<GuestStatus> all;
  for (const LibvirtDaemon& daemon : daemons_seen_by(getuid())) {
    auto guests = find_guests(daemon);
    if (!guests && daemon.user == getuid()) return guests.error();
    if (!guests) {
      report(guests.error());
      continue;
    }
    for (Guest& guest : *guests) all.push_back(status_of(std::move(guest)));
  }
  return all;
}

Result<std::vector<GuestStatus>> chosen_guests(const std::vector<std::string>& names) {
  if (names.empty()) return all_guests();
  std::vector<GuestStatus> chosen;
  for (const std::string& name : names) {
    auto guest = find_guest(daemon_of(getuid()), name);
    if (!guest) return guest.error();
    chosen.push_back(status_of(std::move(guest).value()));
  }
  return chosen;
}

int status_command(const std::vector<std::string>& names, bool json) {
  const auto guests = chosen_guests(names);
  if (!guests) return report(guests.error());
  if (json) {
    print_json(status_json(*guests));
  } else {
    std::cout << status_table(*guests);
  }
  return std::ranges::any_of(*guests, &GuestStatus::is_bad) ? kNo : kDone;
}

}  // namespace

void add_status_command(CLI::App& app, int& exit_status) {
  CLI::App* command = app.add_subcommand(
      "status", "All guests: what they declare, what is in force, and their violations");
  auto names = std::make_shared<std::vector<std::string>>();
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "Print JSON");
  command->add_option("NAME", *names, "Every guest when absent")->type_name("");
  command->callback([names, json, &exit_status] { exit_status = status_command(*names, *json); });
}

}  // namespace qsbx
