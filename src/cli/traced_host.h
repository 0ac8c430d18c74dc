// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Where a run is recorded, and of which QEMU.
#ifndef QSBX_CLI_TRACED_HOST_H_
#define QSBX_CLI_TRACED_HOST_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "src/learn/trace.h"

namespace qsbx {

// Version, kernel, C library and the machine of a QEMU's command line; what cannot be found out is
// left empty.
//
// Of a QEMU that is about to be started: one that is named so is started for its version first.
Trace describe_new_run(const std::vector<std::string>& command);
// Of a process that runs already. It may be anybody's, so that nothing of it is started, and its
// version and C library stay unknown.
Trace describe_running(pid_t pid);

}  // namespace qsbx

#endif
