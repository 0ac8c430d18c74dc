// SPDX-License-Identifier: LGPL-2.1-or-later
//
// libvirt's events, joined with what qsbx has written into the guests' logs.
#ifndef QSBX_INTEGRATION_LIBVIRT_GUEST_WATCH_H_
#define QSBX_INTEGRATION_LIBVIRT_GUEST_WATCH_H_

#include "integration/libvirt/libvirt_daemon.h"
#include "integration/libvirt/watch_output.h"
#include "src/errors/result.h"

namespace qsbx {

// The state of each guest, and whether those that run are locked down; needs no daemon.
Status tell_what_is(const LibvirtDaemon& daemon, const Outputs& outputs);

enum class Unprotected { kTell, kStop };

// The same first, and then what happens. A guest that resumes is held against the policy of phase
// run, and told of when that is in force, or after some seconds without; with kStop one that is
// proven to be unprotected is destroyed then. Comes back with an error only: kKernel when there is
// no daemon, or no longer, or when such a guest cannot be stopped.
Status watch_guests(const LibvirtDaemon& daemon, const Outputs& outputs, Unprotected unprotected);

}  // namespace qsbx

#endif
