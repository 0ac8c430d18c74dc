// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The calls that this library itself makes under the filter, so that a violation can be reported
// whatever the profiles say.
#ifndef QSBX_LOCKDOWN_REPORTING_NEEDS_H_
#define QSBX_LOCKDOWN_REPORTING_NEEDS_H_

#include "src/policy/actions.h"
#include "src/policy/policy.h"

namespace qsbx {

// To be joined to every policy that lockdown puts in force. Lines go to `descriptor`.
Policy reporting_needs(Mode mode, Architecture architecture, int descriptor);

// To be joined to `policy` in mode errno: processes that it does not let anybody create are refused
// by the kernel itself, since the C library blocks all signals meanwhile, and SIGSYS that is
// blocked kills.
Policy unreported_refusals(const Policy& policy);

}  // namespace qsbx

#endif
