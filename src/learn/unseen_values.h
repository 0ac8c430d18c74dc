// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_LEARN_UNSEEN_VALUES_H_
#define QSBX_LEARN_UNSEEN_VALUES_H_

#include <set>
#include <string>
#include <vector>

#include "src/learn/telling_arguments.h"

namespace qsbx {

// Values that the condition lists (`in { A, B }`, `x == A || x == B`) and that no call of `seen`
// has: "cmd == B". Long ranges are not looked into.
std::vector<std::string> unseen_values(const Expression& condition, int number,
                                       const std::set<TellingArguments>& seen,
                                       Architecture architecture);

}  // namespace qsbx

#endif
