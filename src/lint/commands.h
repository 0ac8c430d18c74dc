// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which commands of ioctl a rule lets through: the calls behind one number that reach every driver
// there is.
#ifndef QSBX_LINT_COMMANDS_H_
#define QSBX_LINT_COMMANDS_H_

#include "src/errors/result.h"
#include "src/lint/finding.h"
#include "src/lint/scope.h"

namespace qsbx {

Result<Findings> weigh_commands(const LintScope& scope);

}  // namespace qsbx

#endif
