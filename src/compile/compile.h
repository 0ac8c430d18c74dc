// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Policy -> decision DAG -> program. Nothing here is trusted: src/verify proves the result.
#ifndef QSBX_COMPILE_COMPILE_H_
#define QSBX_COMPILE_COMPILE_H_

#include "src/bpf/program.h"
#include "src/errors/result.h"
#include "src/policy/actions.h"
#include "src/policy/policy.h"
#include "src/policy/weighted_call.h"

namespace qsbx {

// Fails when the policy grants nothing (ErrorCode::kPolicy), or needs more than the 4096
// instructions that the kernel takes (kProgram). The calls of `recorded` take the fewest
// instructions; what the program answers does not depend on them.
Result<Program> compile(const Policy& policy, const Actions& actions,
                        const std::vector<WeightedCall>& recorded = {});

}  // namespace qsbx

#endif
