// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A condition on one call is void where another call does the same and is granted whatever its
// arguments. Asked of all profiles together, as of a machine that has every part and every feature,
// for the threads of each role.
#ifndef QSBX_LINT_WAYS_AROUND_H_
#define QSBX_LINT_WAYS_AROUND_H_

#include "src/errors/result.h"
#include "src/lint/finding.h"
#include "src/lint/scope.h"

namespace qsbx {

Result<Findings> find_ways_around(const LintScope& scope);

}  // namespace qsbx

#endif
