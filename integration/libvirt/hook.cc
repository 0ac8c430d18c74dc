// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/hook.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <optional>
#include <thread>
#include <vector>

#include "integration/libvirt/domain.h"
#include "integration/libvirt/guest_filters.h"
#include "integration/libvirt/guest_process.h"
#include "integration/libvirt/hand_over.h"
#include "integration/libvirt/host_configuration.h"
#include "integration/libvirt/patched_guest.h"
#include "integration/libvirt/patched_qemu.h"
#include "integration/libvirt/text_file.h"
#include "src/errors/text.h"

namespace qsbx {
namespace {

constexpr std::chrono::seconds kPatience(10);
constexpr std::chrono::milliseconds kBetweenLooks(50);

Error refusal(const std::string& why) { return Error{ErrorCode::kUsage, why}; }

// By which code of the guest's owner would run before the lockdown, or another QEMU.
Status check_runs_no_other_code(const Domain& domain) {
  for (const std::string& name : domain.variables) {
    if (!may_load_code(name)) continue;
    return refusal("the guest sets the variable " + printable(name) +
                   ", which could undo its lockdown; take it out of <qemu:commandline>");
  }
  if (std::ranges::none_of(domain.arguments, is_plugin_option)) return Done{};
  return refusal(
      "the guest has the argument -plugin, whose code could undo its lockdown; take it out of "
      "<qemu:commandline>");
}

// A guest that nothing locks down.
Status check_left_alone(const HostConfiguration& host, const Domain& domain) {
  if (domain.declaration) {
    return refusal("the guest declares <qsbx:sandbox>, but its <emulator> is " +
                   (domain.emulator.empty() ? "not set" : printable(domain.emulator)) +
                   "; make it qemu-system-ARCH-qsbx, or take the declaration out");
  }
  if (!host.require) return Done{};
  return refusal(std::string("this host starts no guest without lockdown (require=yes in ") +
                 kHostConfigurationFile + "); make its <emulator> qemu-system-ARCH-qsbx");
}

Status prepare_launcher(const HostConfiguration& host, const Domain& domain) {
  const std::string folder = hand_over_folder(getuid());
  if (Status gone = take_back(folder, domain.uuid); !gone) return gone;
  if (Status sound = check_runs_no_other_code(domain); !sound) return sound;
  const auto protection = decide(host.standard, host.bounds, domain.declaration);
  if (!protection) return protection.error();
  if (!domain.declaration) return Done{};
  return hand_over(folder, domain.uuid, *domain.declaration);
}

Status check_patched(const HostConfiguration& host, const Domain& domain,
                     const Protection& configured) {
  if (Status sound = check_runs_no_other_code(domain); !sound) return sound;
  return check_configured(host, domain, configured);
}

Status prepare(const Domain& domain) {
  const auto host = configuration_for(getuid());
  if (!host) return host.error();
  if (domain.has_launcher()) return prepare_launcher(*host, domain);
  const auto patched = lockdown_in(domain.arguments);
  if (!patched) return patched.error();
  if (*patched) return check_patched(*host, domain, **patched);
  return check_left_alone(*host, domain);
}

// Where libvirt's daemon keeps what it knows of its running guests.
std::vector<std::string> state_folders(uid_t user) {
  if (user == 0) return {"/run/libvirt/qemu/"};
  return {"/run/user/" + std::to_string(user) + "/libvirt/qemu/run/",
          home_of(user) + "/.cache/libvirt/qemu/run/"};
}

struct RunningGuest {
  pid_t process = 0;
  Phase phase = Phase::kRun;
};

// A guest that starts paused has not run: its managers may still change the machine.
Result<RunningGuest> running_guest(const Domain& domain) {
  for (const std::string& folder : state_folders(getuid())) {
    pid_t pid = 0;
    if (!(std::ifstream(folder + domain.name + ".pid") >> pid)) continue;
    if (!runs_guest(pid, domain.uuid)) continue;
    const auto status = read_text_file(folder + domain.name + ".xml");
    if (!status) return status.error();
    const auto paused = is_paused(*status);
    if (!paused) return paused.error();
    return RunningGuest{pid, *paused ? Phase::kBoot : Phase::kRun};
  }
  return refusal("the guest's process is not found by what libvirt keeps of it in " +
                 state_folders(getuid()).front() +
                 ", so that its filters cannot be checked; it is stopped");
}

// What the guest has to run under; nothing where nothing locks it down.
Result<std::optional<Protection>> protection_of(const HostConfiguration& host,
                                                const Domain& domain) {
  if (!domain.has_launcher()) return lockdown_in(domain.arguments);
  auto protection = decide(host.standard, host.bounds, domain.declaration);
  if (!protection) return protection.error();
  return std::optional<Protection>(std::move(protection).value());
}

Status or_stopped(Status checked) {
  if (checked || checked.error().code != ErrorCode::kNotProven) return checked;
  Error error = checked.error();
  error.message += "; it is stopped, since it is not locked down as declared";
  return error;
}

// QEMU puts `boot` in force by itself, and libvirt, which talks to a monitor of its own, may be
// faster where many guests start at once. A paused guest has run nothing: what is not there yet may
// be waited for.
Status check_filters(const RunningGuest& guest, const Protection& protection,
                     const std::string& profiles) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    Status checked = check_guest_filters(guest.process, protection, profiles, guest.phase);
    if (checked || guest.phase == Phase::kRun) return or_stopped(checked);
    if (std::chrono::steady_clock::now() > until) return or_stopped(checked);
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

Status check_started(const Domain& domain) {
  const auto host = configuration_for(getuid());
  if (!host) return host.error();
  const auto protection = protection_of(*host, domain);
  if (!protection) return protection.error();
  if (!*protection) return check_left_alone(*host, domain);
  const auto guest = running_guest(domain);
  if (!guest) return guest.error();
  return check_filters(*guest, **protection, host->profiles);
}

}  // namespace

Status run_hook(const HookCall& call) {
  const std::string moment = call.operation + " " + call.stage;
  if (moment != "prepare begin" && moment != "started begin" && moment != "release end") {
    return Done{};
  }
  const auto domain = read_domain(call.xml);
  if (!domain) return domain.error();
  if (domain->uuid.empty()) {
    return Error{ErrorCode::kUsage, "the guest's description has no <uuid>"};
  }
  if (moment == "prepare begin") return prepare(*domain);
  if (moment == "started begin") return check_started(*domain);
  return take_back(hand_over_folder(getuid()), domain->uuid);
}

}  // namespace qsbx
