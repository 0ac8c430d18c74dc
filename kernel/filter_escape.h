// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Whether this kernel runs a call that a filter has answered.
#ifndef QSBX_KERNEL_FILTER_ESCAPE_H_
#define QSBX_KERNEL_FILTER_ESCAPE_H_

#include "kernel/kernel.h"

namespace qsbx {

enum class FilterEscape {
  kFiltered,
  kUnfiltered,
  kUnknown,  // no child, or no filter for it
};

// Makes the call in a child under a filter that lets it fail; the caller is left as it is. `number`
// is a call that does nothing to a process that no tracer has prepared, such as uretprobe, which
// ends in SIGILL.
FilterEscape find_filter_escape(Kernel& kernel, int number);

}  // namespace qsbx

#endif
