// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/configuration_findings.h"

#include <optional>

#include "integration/libvirt/known_features.h"
#include "integration/libvirt/qemu_program.h"

namespace qsbx {
namespace {

using Path = std::filesystem::path;

// Nothing when one of them finds its QEMU: not every architecture is installed.
std::optional<Error> all_miss_qemu(const HostConfiguration& host,
                                   const std::vector<Path>& launchers) {
  std::optional<Error> last;
  for (const Path& launcher : launchers) {
    const auto qemu = find_qemu(host, launcher);
    if (qemu) return std::nullopt;
    last = qemu.error();
  }
  return last;
}

void check_qemu(const HostConfiguration& host, const std::vector<Path>& launchers,
                Findings& findings) {
  const auto missing = all_miss_qemu(host, launchers);
  if (!missing) return;
  findings.push_back(
      {"no-qemu", kHostConfigurationFile, "the launchers find no QEMU: " + missing->message,
       "set qemu= there to a QEMU or to a folder of them, or install QEMU; until then no guest "
       "starts"});
}

void check_profiles(const HostConfiguration& host, Findings& findings) {
  const auto profiles = profiles_of_host(host.profiles);
  if (profiles) return;
  findings.push_back({"no-profiles", kHostConfigurationFile, profiles.error().message,
                      host.profiles.empty()
                          ? "install qsbx as a whole; until then no guest starts"
                          : "correct profiles= there, or take it out; until then no guest starts"});
}

}  // namespace

Findings findings_on_configuration(const HostConfiguration& host,
                                   const std::vector<Path>& launchers) {
  Findings findings;
  check_qemu(host, launchers, findings);
  check_profiles(host, findings);
  return findings;
}

}  // namespace qsbx
