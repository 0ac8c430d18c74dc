// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the live tests of the filter share: programs with few refusals, and children to try them in.
#ifndef QSBX_TESTS_KERNEL_LIVE_CHILD_H_
#define QSBX_TESTS_KERNEL_LIVE_CHILD_H_

#include <functional>
#include <set>
#include <string>

#include "src/verify/verify.h"

namespace qsbx::testing {

// Every call is allowed but `refused`, which fail with EDOM, an errno of no system call's own.
VerifiedProgram all_but(const std::set<int>& refused);
inline constexpr int kRefusedWith = 33;  // EDOM

// Whether this thread's call without arguments is refused by all_but().
bool is_refused(int number);

// Runs the body in a child that is killed by SIGALRM after patience(60) seconds. Empty when it
// returned an empty text; else what it returned, or how it ended.
std::string in_child(const std::function<std::string()>& body);

}  // namespace qsbx::testing

#endif
