// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_INTEGRATION_LIBVIRT_QEMU_PROGRAM_H_
#define QSBX_INTEGRATION_LIBVIRT_QEMU_PROGRAM_H_

#include <string>

#include "integration/libvirt/host_configuration.h"
#include "src/errors/result.h"

namespace qsbx {

// The QEMU that the launcher starts when it is called `launcher`: the host's, or the one next to
// it (as it was called, and where this program really is), or the one in PATH.
Result<std::string> find_qemu(const HostConfiguration& host, const std::string& launcher);

}  // namespace qsbx

#endif
