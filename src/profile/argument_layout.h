// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Groups the calls of a rule by where and how they have the arguments that its condition names: one
// expression can stand for all calls of a group. It keeps a rule for hundreds of calls as small as
// its text.
#ifndef QSBX_PROFILE_ARGUMENT_LAYOUT_H_
#define QSBX_PROFILE_ARGUMENT_LAYOUT_H_

#include <vector>

#include "src/profile/condition_tree.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx {

std::vector<std::vector<const Syscall*>> group_by_layout(const std::vector<const Syscall*>& calls,
                                                         const ConditionTree& condition);

}  // namespace qsbx

#endif
