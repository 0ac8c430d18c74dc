// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What has to be granted so that threads can take the programs of their roles, and no more.
#ifndef QSBX_LOCKDOWN_ROLE_NEEDS_H_
#define QSBX_LOCKDOWN_ROLE_NEEDS_H_

#include <sys/types.h>

#include <vector>

#include "src/lockdown/role_programs.h"
#include "src/policy/policy.h"

namespace qsbx {

// For the process: seccomp(2) with the programs of `roles`, in no other way; SIGSYS to threads of
// `process`; and the word of roll_out().
Policy roll_out_needs(Architecture architecture, const RolePrograms& programs,
                      const std::vector<size_t>& roles, pid_t process);

// For a role whose threads start threads of the roles in `started`. Any other program fails with
// EEXIST, its own among them, which a thread that a thread of this role has started tries to put on
// top of the one that it was born with.
Policy role_needs(Architecture architecture, const RolePrograms& programs,
                  const std::vector<size_t>& started);

}  // namespace qsbx

#endif
