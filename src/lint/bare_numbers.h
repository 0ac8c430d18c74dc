// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The text of a rule knows what its condition does not: whether a value was written as a name.
#ifndef QSBX_LINT_BARE_NUMBERS_H_
#define QSBX_LINT_BARE_NUMBERS_H_

#include <vector>

#include "src/policy/expression.h"
#include "src/profile/profile.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx {

// What the rule compares with this argument as a whole, and has no name in it: 0x5401, 0x5400 | 1,
// 1..5. Not what is compared with a part of it, or with its bits below a mask.
std::vector<ValueRange> bare_numbers(const Rule& rule, const Syscall& call, int argument,
                                     Architecture architecture);

}  // namespace qsbx

#endif
