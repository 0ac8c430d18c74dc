// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What no filter of system calls decides, whatever its program says.
#ifndef QSBX_SYSCALLS_BEYOND_FILTERS_H_
#define QSBX_SYSCALLS_BEYOND_FILTERS_H_

#include <string>
#include <string_view>
#include <vector>

#include "src/syscalls/architecture.h"

namespace qsbx {

enum class BeyondFilters {
  kNothing,
  kTheCall,      // recent kernels run it without asking any filter (kernel/seccomp.c,
                 // seccomp_is_const_allow())
  kItsWork,      // the call can be filtered, and what it makes the kernel do later cannot
  kItsShortcut,  // the call can be filtered, and its answer is to be had without the call
};

BeyondFilters beyond_filters(Architecture architecture, std::string_view call);

// One sentence for people; empty for kNothing.
std::string describe_beyond_filters(Architecture architecture, std::string_view call);

// Those of kTheCall, by number.
std::vector<int> unfiltered_calls(Architecture architecture);
bool is_unfiltered(Architecture architecture, int number);

}  // namespace qsbx

#endif
