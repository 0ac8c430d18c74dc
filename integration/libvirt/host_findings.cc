// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <filesystem>
#include <iterator>

#include "integration/libvirt/apparmor_findings.h"
#include "integration/libvirt/configuration_findings.h"
#include "integration/libvirt/finding.h"
#include "integration/libvirt/folder_files.h"
#include "integration/libvirt/hook_findings.h"
#include "integration/libvirt/host_configuration.h"
#include "integration/libvirt/installed_launchers.h"
#include "integration/libvirt/libvirt_configuration.h"
#include "integration/libvirt/refresh.h"
#include "src/machine/process_command.h"

namespace qsbx {
namespace {

using Path = std::filesystem::path;

constexpr char kHooks[] = "/etc/libvirt/hooks";
constexpr char kAppArmor[] = "/sys/module/apparmor/parameters/enabled";
constexpr char kAppArmorRules[] = "/etc/apparmor.d";

void check_sandbox_option(const std::string& file, Findings& findings) {
  LibvirtConfiguration configuration = libvirt_configuration_from(text_or_nothing(file));
  if (configuration["seccomp_sandbox"] == std::vector<std::string>{"0"}) {
    findings.push_back({"sandbox-off", file,
                        "seccomp_sandbox = 0: libvirt gives no guest its own filter",
                        "take the line out, and restart libvirt's daemon"});
  }
  const auto& filtered = configuration["capability_filters"];
  if (std::ranges::find(filtered, "seccomp-sandbox") != filtered.end()) {
    findings.push_back(
        {"sandbox-capability", file,
         "capability_filters has seccomp-sandbox: libvirt gives no guest its own filter",
         "take it out of the list, and restart libvirt's daemon"});
  }
}

void check_launchers(Findings& findings) {
  const auto found = installed_launchers();
  if (found.empty()) {
    findings.push_back({"no-launcher", own_folder(), "there is no qemu-system-ARCH-qsbx here",
                        "install qsbx-libvirt as a whole"});
  }
  for (const Path& launcher : found) {
    const auto stale = is_stale(launcher);
    if (!stale || !*stale) continue;
    findings.push_back({"stale-capabilities", launcher,
                        "QEMU is newer than what libvirt may know of it by this launcher",
                        "run qsbx virt refresh as root"});
  }
}

void check_apparmor(const std::string& configuration, Findings& findings) {
  if (!text_or_nothing(kAppArmor).starts_with("Y")) return;
  LibvirtConfiguration daemon = libvirt_configuration_from(text_or_nothing(configuration));
  std::ranges::move(findings_on_apparmor({kAppArmorRules, own_folder(), daemon["security_driver"]}),
                    std::back_inserter(findings));
}

void check_own_configuration(uid_t user, Findings& findings) {
  const auto host = configuration_for(user);
  if (host) {
    std::ranges::move(findings_on_configuration(*host, installed_launchers()),
                      std::back_inserter(findings));
    return;
  }
  findings.push_back({"configuration", kHostConfigurationFile, host.error().to_string(),
                      "correct it; until then no guest starts"});
}

}  // namespace

Findings findings_on_host(const LibvirtDaemon& daemon) {
  Findings findings;
  check_sandbox_option(daemon.configuration, findings);
  check_launchers(findings);
  std::ranges::move(findings_on_hook(kHooks), std::back_inserter(findings));
  check_apparmor(daemon.configuration, findings);
  check_own_configuration(daemon.user, findings);
  return findings;
}

}  // namespace qsbx
