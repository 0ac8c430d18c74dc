// SPDX-License-Identifier: LGPL-2.1-or-later
//
// qsbx virt check: what undermines the lockdown of guests.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "integration/libvirt/finding.h"
#include "integration/libvirt/guests.h"
#include "integration/libvirt/text_file.h"
#include "integration/libvirt/virt_commands.h"
#include "integration/libvirt/virt_report.h"
#include "src/errors/text.h"

namespace qsbx {
namespace {

Status add(Findings& findings, Result<Findings> more) {
  if (!more) return more.error();
  findings.insert(findings.end(), more->begin(), more->end());
  return Done{};
}

// What it runs by and what it is started by the next time are two descriptions then.
std::optional<Finding> finding_on_change(const Guest& guest) {
  const auto changed = changed_protection(guest);
  if (!changed) return std::nullopt;
  if (*changed) {
    return Finding{"not-restarted", guest.name,
                   "nothing locks it down, since it was enabled after its start",
                   "shut it down and start it; a reboot is not enough"};
  }
  return Finding{"disabled", guest.name, "nothing locks it down from its next start on",
                 "enable it, if that is not meant"};
}

// A guest of which only the log is left cannot be looked at.
Status add_guest(Findings& findings, const Guest& guest) {
  if (guest.xml.empty()) return Done{};
  const auto change = finding_on_change(guest);
  if (change) findings.push_back(*change);
  const bool looks_ahead = change && change->id == "not-restarted";
  return add(findings, findings_on_guest(looks_ahead ? guest.definition : guest.xml, guest.name,
                                         guest.daemon.user));
}

Status add_file(Findings& findings, const std::string& file) {
  const auto xml = read_text_file(file);
  if (!xml) return xml.error();
  return add(findings, findings_on_guest(*xml, file, getuid()));
}

Status add_all_guests(Findings& findings, const LibvirtDaemon& daemon) {
  const auto guests = find_guests(daemon);
  if (!guests) return guests.error();
  for (const Guest& guest : *guests) {
    if (Status added = add_guest(findings, guest); !added) return added;
  }
  return Done{};
}

Status add_target(Findings& findings, const LibvirtDaemon& daemon, const std::string& target) {
  if (target.empty()) return add_all_guests(findings, daemon);
  if (target.ends_with(".xml")) return add_file(findings, target);
  const auto guest = find_guest(daemon, target);
  return guest ? add_guest(findings, *guest) : guest.error();
}

void print_text(const Findings& findings) {
  for (const Finding& one : findings) {
    std::cout << printable(one.where) << ": " << printable(one.what) << " [" << one.id << "]\n    "
              << printable(one.remedy) << "\n";
  }
}

void print_findings(const Findings& findings) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Finding& one : findings) {
    list.push_back(
        {{"id", one.id}, {"where", one.where}, {"what", one.what}, {"remedy", one.remedy}});
  }
  print_json(list);
}

int check_command(const std::string& target, bool json) {
  const LibvirtDaemon daemon = daemon_of(getuid());
  Findings findings = findings_on_host(daemon);
  if (Status added = add_target(findings, daemon, target); !added) return report(added.error());
  if (json) {
    print_findings(findings);
  } else {
    print_text(findings);
  }
  return findings.empty() ? kDone : kNo;
}

}  // namespace

void add_check_command(CLI::App& app, int& exit_status) {
  CLI::App* command = app.add_subcommand(
      "check", "What undermines the lockdown of guests, and what to do about it");
  auto target = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "Print JSON");
  command->add_option("NAME|FILE.xml", *target, "Every guest when absent")->type_name("");
  command->callback([target, json, &exit_status] { exit_status = check_command(*target, *json); });
}

}  // namespace qsbx
