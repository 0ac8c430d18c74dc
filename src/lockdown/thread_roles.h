// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which thread of this process has which role, and how it comes to the program of that role. Only a
// thread itself can put a filter on itself. One that starts after the lockdown does so first; those
// that were there already are told by SIGSYS, which belongs to this library then, and do so in its
// handler.
#ifndef QSBX_LOCKDOWN_THREAD_ROLES_H_
#define QSBX_LOCKDOWN_THREAD_ROLES_H_

#include <cstdint>
#include <string_view>

#include "src/lockdown/role_programs.h"

namespace qsbx {

// The calling thread starts, and QEMU calls it so: before roll_out() that is remembered until the
// thread ends, afterwards it takes the program of its role. A thread whose maker has that role
// already is born with it.
void thread_starts(std::string_view name);

// After the process's policy is in force: every thread that was remembered takes its program, and
// so does, from now on, every one that starts. `programs` has to stay for ever. Once in a process.
// Waits for ten seconds at most, and warns of threads that have not taken theirs by then: one that
// is held up in the kernel takes it when it comes back.
void roll_out(const RolePrograms& programs);

// In the handler of a SIGSYS that a thread of this process has sent: whether it was for this.
bool take_role_program();

// The word that threads wait at, and wake others by, in roll_out(), of 32 bits.
uint64_t roll_out_address();

}  // namespace qsbx

#endif
