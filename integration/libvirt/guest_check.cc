// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/guest_check.h"

#include "integration/libvirt/changes.h"
#include "integration/libvirt/guest_filters.h"
#include "integration/libvirt/host_configuration.h"
#include "src/lockdown/sandbox.h"

namespace qsbx {
namespace {

// A guest keeps what it was started with. Other profiles since prove nothing against it.
Status unless_outdated(Status held, const Guest& guest, const std::string& profiles) {
  if (held || held.error().code != ErrorCode::kNotProven) return held;
  const std::string changed = changed_since_start_of(
      guest.process,
      {kHostConfigurationFile, profiles.empty() ? default_profile_folder() : profiles});
  if (changed.empty()) return held;
  return Error{ErrorCode::kUsage,
               "it is not known whether the guest is as it was declared, since " + changed +
                   " has changed since it was started: " + held.error().message +
                   "; to know, start it anew"};
}

Status check_running(const Guest& guest, const Protection& protection, Phase phase,
                     std::chrono::milliseconds patience) {
  const auto host = configuration_for(guest.daemon.user);
  if (!host) return host.error();
  return unless_outdated(
      check_guest_filters(guest.process, protection, host->profiles, phase, guest.xml, patience),
      guest, host->profiles);
}

}  // namespace

GuestCheck check_guest(const Guest& guest, Phase phase, std::chrono::milliseconds patience) {
  GuestCheck check;
  check.runs = guest.runs();
  check.phase = phase;
  check.read_back = reads_filters_back();
  if (guest.unreadable) {
    check.wrong = guest.unreadable;
    return check;
  }
  if (guest.xml.empty()) return check;
  const auto protection = protection_of(guest);
  if (!protection) {
    check.wrong = protection.error();
    return check;
  }
  check.protection = *protection;
  if (!guest.runs() || !*protection) return check;
  if (Status holds = check_running(guest, **protection, phase, patience); !holds) {
    check.wrong = holds.error();
  }
  return check;
}

GuestCheck check_guest(const Guest& guest, std::chrono::milliseconds patience) {
  if (!guest.paused) return check_guest(guest, Phase::kRun, patience);
  GuestCheck as_if_it_had_run = check_guest(guest, Phase::kRun, std::chrono::milliseconds::zero());
  if (!as_if_it_had_run.wrong || has_more_than_boot(guest.process)) return as_if_it_had_run;
  return check_guest(guest, Phase::kBoot, patience);
}

}  // namespace qsbx
