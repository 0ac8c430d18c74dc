// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lint/common_call.h"

#include "src/policy/algebra.h"

namespace qsbx {

std::optional<Call> common_call(DecisionDiagrams& diagrams, const Expression& a,
                                const Expression& b) {
  const auto both = diagrams.both(diagram_of(diagrams, a), diagram_of(diagrams, b));
  if (diagrams.overflowed()) return std::nullopt;
  const auto found = diagrams.difference(both, diagrams.falsehood());
  return found ? std::optional(to_call(*found)) : std::nullopt;
}

Error too_large_to_decide() {
  return Error{.code = ErrorCode::kPolicy,
               .message =
                   "the conditions of these profiles are too large to decide; conditions that "
                   "combine masks of several arguments are what costs most, write them with fewer "
                   "bits, or look at fewer profiles at once"};
}

}  // namespace qsbx
