// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The traces that a command is given, with the profiles of their architecture.
#ifndef QSBX_CLI_TRACE_FILES_H_
#define QSBX_CLI_TRACE_FILES_H_

#include <string>
#include <vector>

#include "src/learn/trace.h"

namespace qsbx {

// kUsage when a file is no trace, or the traces are of different architectures.
Result<std::vector<Trace>> read_traces_of_one_architecture(const std::vector<std::string>& files);

// Lost calls and devices that were never ready: what is said of such runs says too little.
void warn_of_incomplete(const std::vector<Trace>& traces);

}  // namespace qsbx

#endif
