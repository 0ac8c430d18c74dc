// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Opens that a policy does not grant are handed to a broker by a filter of their own, which goes
// below the policy's. Of two filters the kernel takes the stricter answer, so the policy's must let
// opens pass; and it is the one that comes second, so that the listener can be given away while no
// policy has to grant that.
#ifndef QSBX_LOCKDOWN_HANDED_OPENS_H_
#define QSBX_LOCKDOWN_HANDED_OPENS_H_

#include "src/policy/actions.h"
#include "src/policy/policy.h"

namespace qsbx {

// Grants all but opens, and those as `policy` does.
Policy handing_over(const Policy& policy);

// What handing_over() does not grant is handed over; calls of another ABI are left to `mode`, which
// never lets them run.
Actions handing_actions(Mode mode);

// Grants open, openat and openat2: for the policy above a filter that hands them over.
Policy opens_granted(Architecture architecture);

}  // namespace qsbx

#endif
