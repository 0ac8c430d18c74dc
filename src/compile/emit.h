// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_COMPILE_EMIT_H_
#define QSBX_COMPILE_EMIT_H_

#include "src/bpf/program.h"
#include "src/compile/decision_dag.h"
#include "src/compile/layout.h"

namespace qsbx {

// The instructions of all that can be reached from `root`, every one of them on some path. May be
// longer than the kernel takes.
Program emit(const DecisionDag& dag, DecisionDag::Id root, const Layout& layout);

}  // namespace qsbx

#endif
