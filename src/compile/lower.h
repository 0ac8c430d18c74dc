// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_COMPILE_LOWER_H_
#define QSBX_COMPILE_LOWER_H_

#include <vector>

#include "src/compile/decision_dag.h"
#include "src/policy/expression.h"

namespace qsbx {

// Arguments that a recorded run used.
struct WeightedArguments {
  const Arguments* arguments;
  double weight;
};

// The node that goes on to `yes` when the condition holds and to `no` otherwise, by few tests for
// the arguments in `seen`.
DecisionDag::Id lower_condition(DecisionDag& dag, const Expression& condition, DecisionDag::Id yes,
                                DecisionDag::Id no, const std::vector<WeightedArguments>& seen);

}  // namespace qsbx

#endif
