// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The kernel runs no program for a call that is granted whatever its arguments (Linux 5.11). A
// condition on a call that is made often costs that for each of them: is it worth it?
#ifndef QSBX_LINT_COSTS_H_
#define QSBX_LINT_COSTS_H_

#include "src/errors/result.h"
#include "src/lint/finding.h"
#include "src/lint/scope.h"

namespace qsbx {

Result<Findings> find_costs(const LintScope& scope);

}  // namespace qsbx

#endif
