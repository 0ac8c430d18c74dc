// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What `compile` answers for the backends that are not `filter`.
#ifndef QSBX_CLI_BACKENDS_H_
#define QSBX_CLI_BACKENDS_H_

#include <string>
#include <vector>

#include "src/bpf/program.h"
#include "src/policy/actions.h"
#include "src/policy/by_number.h"
#include "src/policy/policy.h"

namespace qsbx {

// On standard error: which rules changed meaning, and how many calls need no run of the program.
void say_bitmask(const PolicyByNumber& numbers, const Program& program);

// An object with the program and what say_bitmask() says.
std::string bitmask_json(const PolicyByNumber& numbers, const Program& program);

// Strict mode has no program: what it lets through, for people or as an object. Fails with kPolicy
// when the policy needs more, kUsage when the mode does not end the process.
Result<std::string> strict_answer(const Policy& policy, Mode mode, bool json);

}  // namespace qsbx

#endif
