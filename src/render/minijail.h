// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Minijail's policy files, which crosvm uses: a line for each call, of alternatives joined by ||,
// each of tests joined by &&. It compares whole registers, and knows `in` (no bit outside) and `&`
// (any of the bits), but no masked comparison: that is taken apart into the bits that have to be
// clear and those that have to be set.
#ifndef QSBX_RENDER_MINIJAIL_H_
#define QSBX_RENDER_MINIJAIL_H_

#include <string>
#include <vector>

#include "src/errors/result.h"
#include "src/policy/actions.h"

namespace qsbx {

// The format leaves what becomes of other calls to who loads it, and knows no audit. kUsage for
// what is not enforce.
Status check_minijail_mode(Mode mode);

std::string to_minijail(const Policy& policy, const std::vector<std::string>& remarks);

}  // namespace qsbx

#endif
