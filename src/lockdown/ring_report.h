// SPDX-License-Identifier: LGPL-2.1-or-later
//
// io_uring rings that a process has when it is locked down: what they let through.
#ifndef QSBX_LOCKDOWN_RING_REPORT_H_
#define QSBX_LOCKDOWN_RING_REPORT_H_

#include <string>

#include "kernel/io_uring_state.h"
#include "src/policy/actions.h"

namespace qsbx {

// Whether operations can still be submitted under `policy`, so that the filter is passed by.
bool rings_pass_filter(const IoUringState& state, const Policy& policy, Mode mode);

// One line without a newline: the rings by descriptor, and what they let through. Empty when there
// is no ring.
std::string ring_report(const IoUringState& state, const Policy& policy, Mode mode);

}  // namespace qsbx

#endif
