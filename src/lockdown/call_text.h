// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_LOCKDOWN_CALL_TEXT_H_
#define QSBX_LOCKDOWN_CALL_TEXT_H_

#include <linux/seccomp.h>

#include <string>

#include "src/lockdown/caller_memory.h"
#include "src/lockdown/line.h"
#include "src/syscalls/architecture.h"

namespace qsbx {

// "openat(dfd=AT_FDCWD, filename="/etc/shadow", flags=O_RDWR|O_CREAT, mode=0600)": arguments and
// constants by name, as far as they have one, and names of files, as far as `memory` has them. Safe
// in a signal handler.
void append_call(Line& line, Architecture architecture, const struct seccomp_data& call,
                 const CallerMemory& memory = CallerMemory::unknown());

// The same of a call whose caller is not there. Not for signal handlers.
std::string call_text(Architecture architecture, const struct seccomp_data& call);

}  // namespace qsbx

#endif
