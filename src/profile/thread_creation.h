// SPDX-License-Identifier: LGPL-2.1-or-later
//
// QEMU aborts, without a report of what was denied, when it cannot create a thread. So an `else` on
// clone is for other uses of clone only.
#ifndef QSBX_PROFILE_THREAD_CREATION_H_
#define QSBX_PROFILE_THREAD_CREATION_H_

#include <vector>

#include "src/profile/profile.h"

namespace qsbx {

// The rules of the first of `profiles` that would make the creation of threads fail with an errno,
// because no rule of any of them (the others are its includes) grants it.
std::vector<Diagnostic> check_thread_creation(const std::vector<const Profile*>& profiles,
                                              Architecture architecture);

}  // namespace qsbx

#endif
