// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_LINT_COMMON_CALL_H_
#define QSBX_LINT_COMMON_CALL_H_

#include <optional>

#include "src/errors/result.h"
#include "src/policy/decision_diagram.h"
#include "src/policy/policy.h"

namespace qsbx {

// Arguments for which both conditions hold, without architecture and number; nullopt when there are
// none, or when `diagrams` have overflowed.
std::optional<Call> common_call(DecisionDiagrams& diagrams, const Expression& a,
                                const Expression& b);

Error too_large_to_decide();

}  // namespace qsbx

#endif
