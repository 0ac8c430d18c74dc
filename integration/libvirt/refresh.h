// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_INTEGRATION_LIBVIRT_REFRESH_H_
#define QSBX_INTEGRATION_LIBVIRT_REFRESH_H_

#include <string>
#include <vector>

#include "src/errors/result.h"

namespace qsbx {

// libvirt keeps what it found out about an emulator until the emulator's file changes, and looks at
// the launcher's, not at the QEMU behind it. So launchers that are older than their QEMU are
// touched. Gives the launchers that were; `folder` is where they are.
Result<std::vector<std::string>> refresh_launchers(const std::string& folder);

// The QEMU that a launcher starts, as it finds it itself.
Result<std::string> qemu_behind(const std::string& launcher);

// Whether libvirt may still go by an older QEMU than the launcher's.
Result<bool> is_stale(const std::string& launcher);

}  // namespace qsbx

#endif
