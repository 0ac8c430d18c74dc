// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_COMPILE_SETTLED_TESTS_H_
#define QSBX_COMPILE_SETTLED_TESTS_H_

#include "src/compile/decision_dag.h"

namespace qsbx {

// The same decisions without the tests that one earlier test on the path settles: so none is made
// twice. Nodes that several paths share may become several. The root itself where that would take
// too long.
DecisionDag::Id without_settled_tests(DecisionDag& dag, DecisionDag::Id root);

}  // namespace qsbx

#endif
