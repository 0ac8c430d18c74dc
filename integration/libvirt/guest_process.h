// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The QEMU of a guest that runs.
#ifndef QSBX_INTEGRATION_LIBVIRT_GUEST_PROCESS_H_
#define QSBX_INTEGRATION_LIBVIRT_GUEST_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "src/errors/result.h"

namespace qsbx {

// Whether the process has the guest's -uuid: its number may be another one's by now.
bool runs_guest(pid_t process, const std::string& uuid);

// QEMU and its options, without the launcher's description of its monitor, which is in a file that
// is closed since. kUsage where the process is gone.
Result<std::vector<std::string>> command_of_guest(pid_t process);

}  // namespace qsbx

#endif
