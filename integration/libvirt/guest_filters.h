// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Whether a guest that runs is locked down as it was declared: what the kernel has in force, held
// against what the guest's command line and features bring in.
#ifndef QSBX_INTEGRATION_LIBVIRT_GUEST_FILTERS_H_
#define QSBX_INTEGRATION_LIBVIRT_GUEST_FILTERS_H_

#include <sys/types.h>

#include <chrono>
#include <string>

#include "integration/libvirt/protection.h"
#include "src/errors/result.h"
#include "src/profile/profile.h"

namespace qsbx {

// How long a thread may take until it has the program of its role: it puts that on itself, first
// thing when it starts, or when it comes back from the kernel.
constexpr std::chrono::milliseconds kPatienceWithRoles{5000};

// Every thread has a stack of filters that lets nothing run beyond the composed policy, and what
// the library itself needs; with roles, a thread whose role is known nothing beyond that of its
// role. kNotProven, with the thread and a call, when one does not; kPolicy when somebody else's
// filter is not understood. Waits up to `patience` for threads to take the programs of their roles.
// Reads the filters back, which needs root; any other user learns only that every thread has a
// filter beside QEMU's own. A guest that has not run yet has what phase boot leaves, which is
// nothing in mode audit. `xml` is the guest's description as it is now, for what was attached to it
// since; empty where it has only just started.
Status check_guest_filters(pid_t qemu, const Protection& protection, const std::string& profiles,
                           Phase phase, const std::string& xml = "",
                           std::chrono::milliseconds patience = kPatienceWithRoles);

// Whether the above is more than counting, for the caller.
bool reads_filters_back();

// A thread has more filters than phase boot leaves, so the guest has run. That it has not is not
// known without: of modes and guests that got none.
bool has_more_than_boot(pid_t qemu);

}  // namespace qsbx

#endif
