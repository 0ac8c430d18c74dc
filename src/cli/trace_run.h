// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A process, observed until it ends.
#ifndef QSBX_CLI_TRACE_RUN_H_
#define QSBX_CLI_TRACE_RUN_H_

#include <sys/types.h>

#include <optional>

#include "integration/qemu/launch/run.h"
#include "kernel/call_recorder.h"
#include "src/cli/trace_record.h"

namespace qsbx {

// QEMU in a child that waits to be observed, and goes on by itself when this process ends.
class WaitingQemu {
 public:
  // The child becomes QEMU as `options` say.
  static Result<WaitingQemu> start(const RunOptions& options);

  pid_t pid() const { return pid_; }
  void go();
  // As wait(2) has it.
  int wait_for_end() const;

 private:
  WaitingQemu(pid_t pid, OwnedFd go) : pid_(pid), go_(std::move(go)) {}

  pid_t pid_;
  OwnedFd go_;
};

// The kernel's counters of rules. What it cannot count keeps the reason, and its count from
// records.
class RuleCounters {
 public:
  void open(TraceRecord& record, const Tracefs& tracefs, pid_t tid);
  void read(TraceRecord& record) const;

 private:
  std::vector<std::pair<size_t, std::vector<CallCounter>>> counters_;  // by place of the rule
};

// Signals that are to end a program: they go to QEMU if it is our child, and otherwise end the
// recording.
void forward_signals_to(pid_t child);
void end_recording_at_signals();

// Until all that is observed has ended, or a signal ends the recording.
Status record_until_end(CallRecorder& recorder, TraceRecord& record);

}  // namespace qsbx

#endif
