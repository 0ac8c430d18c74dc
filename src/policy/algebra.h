// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What policies grant, as sets of calls: exact for all that the language can express, and each
// question answered with a call that shows it. The union of two policies is join() (policy.h).
//
// A refusal (`else ERRNO`) grants nothing: it says how a call fails that is not granted. Two
// policies can answer so differently that no policy answers for both, so:
//   union         keeps the refusals of both; two errnos for one call are an error
//   intersection  does what the kernel does with both programs in force: a refusal stays where both
//                 have the same one, or where the other grants the call whatever its arguments.
//                 Where only a part of the calls would fail so, they are denied, which is stricter
//   difference    has none: what is taken away is denied
//
// Every function here fails when the policies are too large to decide, or for different
// architectures.
#ifndef QSBX_POLICY_ALGEBRA_H_
#define QSBX_POLICY_ALGEBRA_H_

#include <optional>
#include <set>
#include <vector>

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

// Grants what both grant: a grant for each two that have calls in common, with the rules of both.
Result<Policy> intersection(const Policy& a, const Policy& b);

// Grants what `a` grants and `b` does not, by the rules of `a`.
Result<Policy> difference(const Policy& a, const Policy& b);

// A call that the policy grants; nullopt when there is none.
Result<std::optional<Call>> granted_call(const Policy& policy);

// A call that `narrow` grants and `wide` does not; nullopt when `narrow` is a subset.
Result<std::optional<Call>> granted_only_by(const Policy& narrow, const Policy& wide);

// A call that both grant; nullopt when they are disjoint.
Result<std::optional<Call>> granted_by_both(const Policy& a, const Policy& b);

// A call that the two decide differently, the errno of a refusal included; nullopt when there is
// none.
Result<std::optional<Call>> decided_differently(const Policy& a, const Policy& b);

// Two policies that give every call the same decision.
Result<bool> equal(const Policy& a, const Policy& b);

// For each system call that neither policy grants for some arguments, and that fails by one and not
// by the other, or with another errno: such a call.
Result<std::vector<Call>> refused_differently(const Policy& a, const Policy& b);

// Grants that could be taken away, each by itself, without any call being lost: others of the
// policy grant all of theirs. They point into `policy`.
Result<std::set<const Grant*>> redundant_grants(const Policy& policy);

// The kernel's form of a call, and back. The instruction pointer is no part of a call.
struct seccomp_data to_seccomp_data(const Call& call);
Call to_call(const struct seccomp_data& data);

}  // namespace qsbx

#endif
