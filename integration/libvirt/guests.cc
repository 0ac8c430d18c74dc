// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/guests.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>

#include "integration/libvirt/changes.h"
#include "integration/libvirt/guest_process.h"
#include "integration/libvirt/hand_over.h"
#include "integration/libvirt/host_configuration.h"
#include "integration/libvirt/patched_qemu.h"
#include "integration/libvirt/qemu_request.h"
#include "integration/libvirt/text_file.h"
#include "integration/libvirt/xml.h"
#include "src/errors/text.h"
#include "src/machine/process_command.h"

namespace qsbx {
namespace {

using Names = std::vector<std::string>;

Error cannot_read(const std::string& path, int error) {
  return Error{ErrorCode::kUsage, "cannot read " + path + ": " + std::strerror(error), error};
}

// Names of the files with the ending, without it.
Result<Names> names_in(const std::string& folder, const std::string& ending) {
  Names names;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (!name.ends_with(ending) || !entry->is_regular_file(error)) continue;
    names.push_back(name.substr(0, name.size() - ending.size()));
  }
  const bool none = error == std::errc::no_such_file_or_directory;
  if (error && !none) return cannot_read(folder, error.value());
  return names;
}

// A guest may end while its files are read.
Status unless_gone(const Error& error) {
  if (error.saved_errno == ENOENT) return Done{};
  return error;
}

// Who has taken a QEMU over can change what it says of itself, but not the file that it runs, nor
// when it began: before libvirt wrote of it, as nobody who got its number later did.
bool hides(pid_t process, const std::string& state_file) {
  const bool is_qemu = program_of(process).find("/qemu-") != std::string::npos;
  return is_qemu && !changed_since_start_of(process, {state_file}).empty();
}

// What libvirt's daemon keeps of a guest that runs:
// <domstatus state='running' reason='booted' pid='4711'> ... <domain> ... </domain></domstatus>
Status add_state(Guest& guest) {
  const std::string file = guest.daemon.states + guest.name + ".xml";
  const auto text = read_kept_file(file);
  if (!text) return unless_gone(text.error());
  auto status = Xml::parse(*text, "domstatus");
  if (!status) return Error{ErrorCode::kUsage, file + ": " + status.error().message};
  // libvirt's own, and in no description.
  status->remove("/domstatus/domain//privateData[not(ancestor::privateData)]");
  const auto domain = status->select("/domstatus/domain");
  if (domain.empty()) return Error{ErrorCode::kUsage, file + " describes no guest"};
  const std::string pid = status->text("/domstatus/@pid");
  const auto process = static_cast<pid_t>(std::strtol(pid.c_str(), nullptr, 10));
  if (runs_guest(process, status->text("/domstatus/domain/uuid"))) {
    guest.process = process;
  } else if (hides(process, file)) {
    guest.unreadable =
        Error{ErrorCode::kNotProven, "the process that libvirt has for the guest (" +
                                         std::to_string(process) + ") does not have its -uuid"};
  } else {
    return Done{};
  }
  guest.paused = status->text("/domstatus/@state") == "paused";
  guest.xml = Xml::to_string(domain.front());
  return Done{};
}

Status add_definition(Guest& guest) {
  guest.defined = true;
  auto text = read_kept_file(guest.daemon.definitions + guest.name + ".xml");
  if (!text) return unless_gone(text.error());
  guest.definition = std::move(text).value();
  if (!guest.runs()) guest.xml = guest.definition;
  return Done{};
}

// libvirt names logs after guests, and there may have been another one of this name.
bool is_of_another(const GuestLog& log, const Guest& guest) {
  const auto started = uuid_in(log.command);
  const auto described = Xml::parse(guest.xml, "domain");
  if (!started || started->empty() || !described) return false;
  const auto wanted = uuid_from_string(described->text("/domain/uuid"));
  return wanted && *wanted != *started;
}

Status add_log(Guest& guest) {
  auto log = read_guest_log(guest.daemon.logs + guest.name + ".log");
  if (!log) return log.error();
  if (!is_of_another(*log, guest)) guest.log = std::move(log).value();
  return Done{};
}

struct Found {
  bool state = false, definition = false;
};

// Where there is something of which guest.
Result<std::map<std::string, Found>> look_for_guests(const LibvirtDaemon& daemon) {
  const auto states = names_in(daemon.states, ".xml");
  const auto definitions = names_in(daemon.definitions, ".xml");
  const auto logs = names_in(daemon.logs, ".log");
  for (const auto* names : {&states, &definitions, &logs}) {
    if (!*names) return names->error();
  }
  std::map<std::string, Found> found;
  for (const std::string& name : *states) found[name].state = true;
  for (const std::string& name : *definitions) found[name].definition = true;
  for (const std::string& name : *logs) found[name];
  return found;
}

Result<Guest> read_guest(const LibvirtDaemon& daemon, const std::string& name, Found found) {
  Guest guest;
  guest.daemon = daemon;
  guest.name = name;
  if (found.state) {
    if (Status added = add_state(guest); !added) return added.error();
  }
  if (found.definition) {
    if (Status added = add_definition(guest); !added) return added.error();
  }
  if (Status added = add_log(guest); !added) return added.error();
  return guest;
}

Guest unreadable_guest(const LibvirtDaemon& daemon, const std::string& name, const Error& why) {
  Guest guest;
  guest.daemon = daemon;
  guest.name = name;
  guest.unreadable = why;
  return guest;
}

bool is_there(const Guest& guest) {
  return guest.runs() || guest.defined || guest.unreadable || guest.ended_by() != nullptr;
}

}  // namespace

Result<std::vector<Guest>> find_guests(const LibvirtDaemon& daemon) {
  const auto found = look_for_guests(daemon);
  if (!found) return found.error();
  std::vector<Guest> guests;
  for (const auto& [name, where] : *found) {
    auto read = read_guest(daemon, name, where);
    Guest guest = read ? std::move(read).value() : unreadable_guest(daemon, name, read.error());
    if (is_there(guest)) guests.push_back(std::move(guest));
  }
  return guests;
}

Result<Guest> find_guest(const LibvirtDaemon& daemon, const std::string& name) {
  const Error none{ErrorCode::kUsage, "there is no guest " + printable(name) + " of " + daemon.uri +
                                          "; virsh list --all shows those that there are"};
  if (name.empty() || name.find('/') != name.npos) return none;
  const auto found = look_for_guests(daemon);
  if (!found) return found.error();
  const auto where = found->find(name);
  if (where == found->end()) return none;
  auto guest = read_guest(daemon, name, where->second);
  if (guest && !is_there(*guest)) return none;
  return guest;
}

Result<std::optional<Protection>> protection_of(const Guest& guest) {
  const auto domain = read_domain(guest.xml);
  if (!domain) return domain.error();
  if (!domain->has_launcher()) return lockdown_in(domain->arguments);
  const auto host = configuration_for(guest.daemon.user);
  if (!host) return host.error();
  auto protection = decide(host->standard, host->bounds, domain->declaration);
  if (!protection) return protection.error();
  return std::optional<Protection>(std::move(protection).value());
}

std::optional<std::optional<Protection>> changed_protection(const Guest& guest) {
  if (!guest.runs() || guest.definition.empty()) return std::nullopt;
  Guest next = guest;
  next.xml = guest.definition;
  const auto now = protection_of(guest);
  const auto then = protection_of(next);
  if (!now || !then || now->has_value() == then->has_value()) return std::nullopt;
  return *then;
}

}  // namespace qsbx
