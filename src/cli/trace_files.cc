// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/cli/trace_files.h"

#include <algorithm>

#include "src/cli/report.h"

namespace qsbx {

Result<std::vector<Trace>> read_traces_of_one_architecture(const std::vector<std::string>& files) {
  auto traces = read_traces(files);
  if (!traces) return traces;
  const Trace& first = traces->front();
  for (const Trace& trace : *traces) {
    if (trace.architecture == first.architecture) continue;
    return Error{ErrorCode::kUsage, trace.name + " is of " +
                                        std::string(architecture_name(trace.architecture)) + ", " +
                                        first.name + " of " +
                                        std::string(architecture_name(first.architecture)) +
                                        "; give traces of one architecture at a time"};
  }
  return traces;
}

namespace {

// A recording of a process that ran already has phase run without the mark before it.
bool was_never_ready(const Trace& trace) {
  return !trace.devices_ready && std::ranges::none_of(trace.calls, [](const auto& call) {
    return call.first.phase == Phase::kRun;
  });
}

}  // namespace

void warn_of_incomplete(const std::vector<Trace>& traces) {
  for (const Trace& trace : traces) {
    if (!trace.lost) say("warning: " + trace.name + ": how many calls were lost is not known");
    if (trace.lost.value_or(0) != 0) {
      say("warning: " + trace.name + ": " + std::to_string(*trace.lost) + " calls were lost");
    }
    if (was_never_ready(trace)) {
      say("warning: " + trace.name +
          ": the devices were never ready, so that nothing is of phase run");
    }
  }
}

}  // namespace qsbx
