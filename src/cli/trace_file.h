// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What `qsbx trace` writes: sorted, so that two traces can be compared line by line.
#ifndef QSBX_CLI_TRACE_FILE_H_
#define QSBX_CLI_TRACE_FILE_H_

#include <string>
#include <vector>

#include "src/cli/trace_record.h"
#include "src/learn/trace.h"

namespace qsbx {

struct TraceFile {
  Trace trace;
  const TraceRecord& record;
  bool has_policy = false;
};

// docs/man/qsbx-trace.1.scd describes both.
std::string trace_text(const TraceFile& file);
std::string trace_json(const TraceFile& file);

}  // namespace qsbx

#endif
