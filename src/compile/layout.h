// SPDX-License-Identifier: LGPL-2.1-or-later
//
// In which order the tests of a DAG stand in the program, and which of a test's outcomes follows
// it without a jump.
#ifndef QSBX_COMPILE_LAYOUT_H_
#define QSBX_COMPILE_LAYOUT_H_

#include <vector>

#include "src/compile/decision_dag.h"
#include "src/policy/weighted_call.h"

namespace qsbx {

struct Layout {
  // The tests that can be reached, each before those it leads to.
  std::vector<DecisionDag::Id> order;
  // By ID: the likelier outcome is the one that holds.
  std::vector<bool> expects_yes;
  // By ID: an outcome that is an action is worth a return of its own.
  std::vector<bool> is_hot;
};

// `calls` are those that the kernel runs the program for.
Layout lay_out(const DecisionDag& dag, DecisionDag::Id root,
               const std::vector<WeightedCall>& calls);

}  // namespace qsbx

#endif
