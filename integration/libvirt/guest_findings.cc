// SPDX-License-Identifier: LGPL-2.1-or-later
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "integration/libvirt/argument_findings.h"
#include "integration/libvirt/domain.h"
#include "integration/libvirt/finding.h"
#include "integration/libvirt/host_configuration.h"
#include "integration/libvirt/installed_launchers.h"
#include "integration/libvirt/known_features.h"
#include "integration/libvirt/patched_guest.h"
#include "integration/libvirt/patched_qemu.h"
#include "integration/libvirt/shell_words.h"
#include "integration/libvirt/xml.h"
#include "src/machine/process_command.h"

namespace qsbx {
namespace {

constexpr char kUntilThen[] = "it does not start until then";

// What is found, of one guest.
class GuestFindings {
 public:
  GuestFindings(const Xml& xml, std::string where) : xml_(xml), where_(std::move(where)) {}

  void check_protection(const std::string& text, uid_t user);
  void check_devices();
  void check_variables();
  void check_arguments();
  Findings take() { return std::move(findings_); }

 private:
  void add(const std::string& id, const std::string& what, const std::string& remedy) {
    findings_.push_back({id, where_, what, remedy});
  }
  void check_declaration(const Domain& domain, uid_t user);
  void check_emulator(const std::string& emulator);
  void check_features(const std::set<std::string>& features, const std::string& folder);
  void check_patched(const Domain& domain, const Protection& configured, uid_t user);
  void check_without_launcher(const Domain& domain, uid_t user);

  const Xml& xml_;
  std::string where_;
  Findings findings_;
};

void GuestFindings::check_protection(const std::string& text, uid_t user) {
  const auto domain = read_domain(text);
  if (!domain) {
    add("metadata", domain.error().to_string(),
        "correct it (virsh edit), or qsbx virt disable " +
            as_last_argument(xml_.text("/domain/name")));
    return;
  }
  if (!domain->has_launcher()) {
    check_without_launcher(*domain, user);
    return;
  }
  check_declaration(*domain, user);
  check_emulator(domain->emulator);
}

void GuestFindings::check_emulator(const std::string& emulator) {
  if (access(emulator.c_str(), X_OK) != 0) {
    add("no-launcher", "its <emulator> " + emulator + " is not there",
        "install qsbx-libvirt, or correct the path");
    return;
  }
  if (is_one_of(installed_launchers(), emulator)) return;
  add("other-launcher",
      "its <emulator> " + emulator +
          " is not the launcher of this installation, and what it does is not known",
      "make it a qemu-system-ARCH-qsbx in " + own_folder() + " (virsh edit)");
}

void GuestFindings::check_declaration(const Domain& domain, uid_t user) {
  const auto host = configuration_for(user);
  if (!host) return;  // a finding on the host
  const auto protection = decide(host->standard, host->bounds, domain.declaration);
  if (!protection) {
    add("beyond-host", protection.error().to_string(), kUntilThen);
    return;
  }
  check_features(protection->features, host->profiles);
}

void GuestFindings::check_features(const std::set<std::string>& features,
                                   const std::string& folder) {
  if (features.empty()) return;
  const auto profiles = profiles_of_host(folder);
  if (!profiles) return;  // a finding on the host
  if (Status known = check_known(features, *profiles); !known)
    add("unknown-feature", known.error().to_string(), kUntilThen);
}

void GuestFindings::check_patched(const Domain& domain, const Protection& configured, uid_t user) {
  const auto host = configuration_for(user);
  if (!host) return;  // a finding on the host
  if (Status within = check_configured(*host, domain, configured); !within)
    add("beyond-host", within.error().to_string(), kUntilThen);
  check_features(configured.features, host->profiles);
}

void GuestFindings::check_without_launcher(const Domain& domain, uid_t user) {
  const auto patched = lockdown_in(domain.arguments);
  if (!patched) {
    add("sandbox-argument", patched.error().to_string(), "correct <qemu:commandline>");
  } else if (*patched) {
    check_patched(domain, **patched, user);
  } else {
    add("not-enabled",
        domain.declaration ? "it declares <qsbx:sandbox>, and nothing carries that out"
                           : "nothing locks it down",
        "qsbx virt enable " + as_last_argument(domain.name));
  }
}

void GuestFindings::check_devices() {
  if (xml_.has("/domain/qemu:capabilities/qemu:del[@capability='seccomp-sandbox']")) {
    add("sandbox-capability",
        "<qemu:del capability='seccomp-sandbox'/>: libvirt's own filter is missing",
        "take it out (virsh edit)");
  }
  if (xml_.has("/domain/devices/filesystem[not(driver/@type) or driver/@type='path' or "
               "driver/@type='handle']")) {
    add("9p", "a shared folder by 9p: QEMU itself opens, makes and removes files for the guest",
        "use <driver type='virtiofs'/>, which has a process of its own");
  }
  if (xml_.has("/domain/devices/interface[@type='user' and not(backend/@type='passt')]")) {
    add("slirp", "<interface type='user'>: QEMU itself opens sockets for the guest",
        "use a network, a bridge, or <backend type='passt'/>");
  }
}

// As the hook has it, which refuses to start such a guest.
void GuestFindings::check_variables() {
  for (const std::string& name : xml_.texts("/domain/qemu:commandline/qemu:env/@name")) {
    if (!may_load_code(name)) continue;
    add("variable", "<qemu:env name='" + name + "'>: other code can run before the lockdown",
        "take it out (virsh edit)");
  }
}

void GuestFindings::check_arguments() {
  const auto words = xml_.texts("/domain/qemu:commandline/qemu:arg/@value");
  std::ranges::move(findings_in_arguments(words, where_), std::back_inserter(findings_));
}

}  // namespace

Result<Findings> findings_on_guest(const std::string& xml, const std::string& where, uid_t user) {
  const auto document = Xml::parse(xml, "domain");
  if (!document) return Error{ErrorCode::kUsage, where + ": " + document.error().message};
  GuestFindings findings(*document, where);
  findings.check_protection(xml, user);
  findings.check_devices();
  findings.check_variables();
  findings.check_arguments();
  return findings.take();
}

}  // namespace qsbx
