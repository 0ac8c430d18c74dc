// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Policies for one process whose descriptors are known. A rule `fd in fds(tap)` lets any descriptor
// through until it is bound: then the tap's own, which the same policy keeps from being closed or
// replaced, so that the numbers go on to mean what they meant.
//
//   const Policy bound = bind_descriptors(policy, {{DescriptorKind::kTap, {9}}});
//   if (auto safe = check_protects(bound, descriptors); !safe) return safe;
//
// A bound policy grants no more than the one it was made of, and another one only for calls with
// fds() in their rules, close, dup2, dup3 and close_range.
#ifndef QSBX_POLICY_BOUND_DESCRIPTORS_H_
#define QSBX_POLICY_BOUND_DESCRIPTORS_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "src/errors/result.h"
#include "src/policy/descriptor_kind.h"
#include "src/policy/policy.h"
#include "src/policy/weighted_call.h"

namespace qsbx {

// The kinds that the condition, or a rule of the policy, names and that are not bound.
std::set<DescriptorKind> kinds_in(const Expression& condition);
std::set<DescriptorKind> kinds_in(const Policy& policy);

// What is to be said of rules for these kinds, as long as they are not bound; no kinds: nothing.
std::string unbound_note(const std::set<DescriptorKind>& kinds);

// Kinds that are not in `bound` stay unbound.
Expression bind_descriptors(const Expression& condition, const Descriptors& bound);

// Each condition bound, and every grant narrowed by which a bound descriptor could be closed or
// replaced. QEMU closes taps and vhost devices at its regular end: with one of them bound, close
// fails with EPERM, without a report, unless the policy has an errno for it.
Policy bind_descriptors(const Policy& policy, const Descriptors& bound);

// By number of the call: when it closes a bound descriptor, or puts another in its place.
std::map<int, Expression> closing_conditions(Architecture architecture, const Descriptors& bound);

// kPolicy, with a call, when a bound descriptor could be closed or replaced by a system call.
Status check_protects(const Policy& policy, const Descriptors& bound);

// Recorded calls whose descriptor was not recorded, on the bound descriptors that the policy lets
// them have.
std::vector<WeightedCall> on_bound_descriptors(const std::vector<WeightedCall>& recorded,
                                               const Policy& policy, const Descriptors& bound);

}  // namespace qsbx

#endif
