// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/question_target.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>

#include "integration/libvirt/described_machine.h"
#include "integration/libvirt/guest_process.h"
#include "integration/libvirt/guests.h"
#include "integration/libvirt/host_configuration.h"
#include "integration/libvirt/text_file.h"
#include "src/errors/text.h"
#include "src/lockdown/violation_report.h"

namespace qsbx {
namespace {

using Words = std::vector<std::string>;

Error never_started(const std::string& log) {
  return Error{ErrorCode::kUsage,
               log +
                   " has no command line: the guest was never started here; name the guest, or "
                   "its description"};
}

Words options_for(const Protection& protection, const std::string& profiles) {
  Words options = {"--mode", std::string(mode_name(protection.mode))};
  if (!profiles.empty()) options.insert(options.end(), {"--profiles", profiles});
  for (const std::string& feature : protection.features) {
    options.insert(options.end(), {"--allow", feature});
  }
  return options;
}

Result<Target> target_of_log(const std::string& file) {
  if (access(file.c_str(), R_OK) != 0) {
    return Error{ErrorCode::kUsage, "cannot read " + file + ": " + std::strerror(errno), errno};
  }
  const auto log = read_guest_log(file);
  if (!log) return log.error();
  if (log->command.empty()) return never_started(file);
  return Target{{}, log->command, {}};
}

Result<Words> declared_by(const Guest& guest) {
  const auto protection = protection_of(guest);
  if (!protection) return protection.error();
  const auto host = configuration_for(guest.daemon.user);
  if (!host) return host.error();
  return *protection ? options_for(**protection, host->profiles) : Words();
}

// Of a guest that runs; empty where it does not and never did.
Result<Words> command_of(const Guest& guest) {
  if (guest.runs()) return command_of_guest(guest.process);
  return guest.log.command;
}

Error in_description(const std::string& what, const Error& error) {
  return Error{error.code, printable(what) + ": " + error.message, error.saved_errno};
}

Status describe(const std::string& what, const std::string& xml, Target& target) {
  auto described = command_of_description(xml);
  if (!described) return in_description(what, described.error());
  target.command = std::move(described->words);
  target.notes = std::move(described->notes);
  return Done{};
}

}  // namespace

Result<Target> target_of_guest(const std::string& name) {
  const auto guest = find_guest(daemon_of(getuid()), name);
  if (!guest) return guest.error();
  Target target;
  if (!guest->xml.empty()) {
    auto declared = declared_by(*guest);
    if (!declared) return declared.error();
    target.declared = std::move(declared).value();
  }
  auto command = command_of(*guest);
  if (!command) return command.error();
  target.command = std::move(command).value();
  if (!target.command.empty()) return target;
  if (Status described = describe("the guest " + name, guest->xml, target); !described) {
    return described.error();
  }
  target.notes.push_back("the guest was never started here: this is what libvirt would make of it");
  return target;
}

Result<Target> target_of_description(const std::string& file) {
  auto xml = read_text_file(file);
  if (!xml) return xml.error();
  Target target;
  if (Status described = describe(file, *xml, target); !described) return described.error();
  Guest guest;
  guest.daemon = daemon_of(getuid());
  guest.xml = std::move(xml).value();
  auto declared = declared_by(guest);
  if (!declared) return in_description(file, declared.error());
  target.declared = std::move(declared).value();
  return target;
}

bool names_file(const std::string& text) {
  return text.ends_with(".log") || text.ends_with(".xml");
}

Result<Target> read_target(const std::string& text) {
  if (text.ends_with(".log")) return target_of_log(text);
  if (text.ends_with(".xml")) return target_of_description(text);
  return target_of_guest(text);
}

void tell_notes(const Target& target) {
  for (const std::string& note : target.notes)
    std::cerr << "qsbx: note: " << printable(note) << "\n";
}

}  // namespace qsbx
