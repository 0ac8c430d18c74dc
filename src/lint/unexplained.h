// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Grants of calls that reach outside the process, and no comment says why (src/profile/reasons.h).
// The comment at the head of a profile is a reason where it has one such rule only.
#ifndef QSBX_LINT_UNEXPLAINED_H_
#define QSBX_LINT_UNEXPLAINED_H_

#include <string_view>

#include "src/errors/result.h"
#include "src/lint/finding.h"
#include "src/lint/scope.h"

namespace qsbx {

// Memory, threads, time, waiting: such a call reads and changes nothing of another process's, and
// nothing of a file's or a device's.
bool stays_inside(std::string_view call);

Result<Findings> find_unexplained(const LintScope& scope);

}  // namespace qsbx

#endif
