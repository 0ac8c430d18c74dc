// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_INTEGRATION_LIBVIRT_CONFIGURATION_FINDINGS_H_
#define QSBX_INTEGRATION_LIBVIRT_CONFIGURATION_FINDINGS_H_

#include <filesystem>
#include <vector>

#include "integration/libvirt/finding.h"
#include "integration/libvirt/host_configuration.h"

namespace qsbx {

// What a host names, and is not there, so that none of its guests starts: QEMU, and the profiles.
Findings findings_on_configuration(const HostConfiguration& host,
                                   const std::vector<std::filesystem::path>& launchers);

}  // namespace qsbx

#endif
