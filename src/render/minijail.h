// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Minijail's policy files: a line for each call, of alternatives joined by ||, each of tests joined
// by &&. It compares whole registers, and knows `in` (no bit outside) and `&` (any of the bits),
// but no masked comparison: that is taken apart into the bits that have to be clear and those that
// have to be set.
//
// Two programs read them, and `COND; return N` has another meaning to each. minijail0 -S
// (syscall_filter.c) lets the call run where COND holds and fails it with N elsewhere;
// tools/compile_seccomp_policy.py, which crosvm is built with, fails it with N where COND holds. It
// has `{ COND, return N }` for what the other means, which the other does not read.
#ifndef QSBX_RENDER_MINIJAIL_H_
#define QSBX_RENDER_MINIJAIL_H_

#include <string>
#include <vector>

#include "src/errors/result.h"
#include "src/policy/actions.h"

namespace qsbx {

enum class MinijailReader { kMinijail0, kCompiler };

// The format leaves what becomes of other calls to who loads it, and knows no audit. kUsage for
// what is not enforce.
Status check_minijail_mode(Mode mode);

struct MinijailLines {
  std::string text;
  // Calls of which 32-bit arguments are compared with all that is in the register, since the
  // program would be too long else: fewer calls are granted.
  std::vector<std::string> whole_registers;
};

// kPolicy when the program would be longer than the kernel takes.
Result<MinijailLines> minijail_lines(const Policy& policy, MinijailReader reader);

}  // namespace qsbx

#endif
