// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_COMPILE_CONDITION_H_
#define QSBX_COMPILE_CONDITION_H_

#include "src/compile/decision_dag.h"
#include "src/policy/expression.h"

namespace qsbx {

// The node that goes on to `yes` when the condition holds and to `no` otherwise.
DecisionDag::Id lower_condition(DecisionDag& dag, const Expression& condition, DecisionDag::Id yes,
                                DecisionDag::Id no);

}  // namespace qsbx

#endif
