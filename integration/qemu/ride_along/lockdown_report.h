// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What is told of a lockdown that is in force: a line for people, and the file of `qsbx run
// --report`.
#ifndef QSBX_RIDE_ALONG_LOCKDOWN_REPORT_H_
#define QSBX_RIDE_ALONG_LOCKDOWN_REPORT_H_

#include <string>

#include "integration/qemu/ride_along/settings.h"
#include "src/errors/result.h"
#include "src/lockdown/sandbox.h"

namespace qsbx {

// Of this process; 0 when it is not known.
size_t count_threads();

std::string lockdown_announcement(const Sandbox& sandbox, size_t threads);

// Before the lockdown, after which nothing is opened. -1 where `path` is empty.
Result<int> open_lockdown_report(const std::string& path);
bool write_lockdown_report(int report, const RideAlongSettings& settings, const Sandbox& sandbox,
                           size_t threads);

}  // namespace qsbx

#endif
