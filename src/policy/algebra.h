// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Exact questions about policies, each answered with a call that shows it.
#ifndef QSBX_POLICY_ALGEBRA_H_
#define QSBX_POLICY_ALGEBRA_H_

#include <optional>

#include "src/errors/result.h"
#include "src/policy/actions.h"
#include "src/policy/decision_diagram.h"
#include "src/policy/policy.h"

namespace qsbx {

// The policy's action for every call there is, built from its expressions alone.
DecisionDiagrams::Node diagram_of(DecisionDiagrams& diagrams, const Policy& policy,
                                  const Actions& actions);

// The calls, whatever their architecture and number, whose arguments satisfy the expression.
DecisionDiagrams::Node diagram_of(DecisionDiagrams& diagrams, const Expression& expression);

// A call that `narrow` grants and `wide` does not; nullopt when there is none. An error when the
// policies are too large to decide, or for different architectures.
Result<std::optional<Call>> granted_only_by(const Policy& narrow, const Policy& wide);

// Two policies that give every call the same decision.
Result<bool> equal(const Policy& a, const Policy& b);

// The kernel's form of a call, and back. The instruction pointer is no part of a call.
struct seccomp_data to_seccomp_data(const Call& call);
Call to_call(const struct seccomp_data& data);

}  // namespace qsbx

#endif
