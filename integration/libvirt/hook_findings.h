// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_INTEGRATION_LIBVIRT_HOOK_FINDINGS_H_
#define QSBX_INTEGRATION_LIBVIRT_HOOK_FINDINGS_H_

#include <filesystem>

#include "integration/libvirt/finding.h"

namespace qsbx {

// Whether libvirt calls qsbx's hook. `hooks` is the folder of its hooks, "/etc/libvirt/hooks".
Findings findings_on_hook(const std::filesystem::path& hooks);

}  // namespace qsbx

#endif
