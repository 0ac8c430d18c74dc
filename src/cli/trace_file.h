// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What `qsbx trace` writes: sorted, so that two traces can be compared line by line.
#ifndef QSBX_CLI_TRACE_FILE_H_
#define QSBX_CLI_TRACE_FILE_H_

#include <string>
#include <vector>

#include "src/cli/trace_record.h"

namespace qsbx {

struct TraceFile {
  const TraceRecord& record;
  std::vector<std::string> command;  // of QEMU
  bool has_policy = false;
  std::optional<uint64_t> lost;  // nullopt: not known
};

// docs/man/qsbx-trace.1.scd describes both.
std::string trace_text(const TraceFile& file);
std::string trace_json(const TraceFile& file);

// "fcntl", or the number of a call that is not known.
std::string traced_call_name(int64_t number);

}  // namespace qsbx

#endif
