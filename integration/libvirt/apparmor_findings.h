// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_INTEGRATION_LIBVIRT_APPARMOR_FINDINGS_H_
#define QSBX_INTEGRATION_LIBVIRT_APPARMOR_FINDINGS_H_

#include <filesystem>
#include <string>
#include <vector>

#include "integration/libvirt/finding.h"

namespace qsbx {

struct AppArmorRules {
  std::filesystem::path folder;     // "/etc/apparmor.d"
  std::filesystem::path launchers;  // the folder that they are in
  // The qemu.conf of libvirt's daemon: security_driver. Empty where libvirt chooses.
  std::vector<std::string> drivers;
};

// Rules that libvirt's daemon and its guests need where AppArmor is in force, and do not have.
Findings findings_on_apparmor(const AppArmorRules& rules);

}  // namespace qsbx

#endif
