// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Mode audit: a thread of this process that is told of every violation, reports it and lets it run.
#ifndef QSBX_LOCKDOWN_AUDIT_LISTENER_H_
#define QSBX_LOCKDOWN_AUDIT_LISTENER_H_

#include <pthread.h>

#include <cstdint>

#include "src/errors/result.h"
#include "src/lockdown/violation_report.h"

namespace qsbx {

// One in a process, since the kernel allows one listener in a chain of filters.
class AuditListener {
 public:
  // Starts the thread, which then waits. `report` has to stay for ever. Blocked signals keep it out
  // of what the process does with signals.
  static Result<AuditListener> start(ViolationReport& report);

  // The listener descriptor of the filter that is now in force. Cannot fail; allocates nothing.
  void hand_over(int descriptor);

  // Ends the thread, when there is no filter.
  void stop();

  // The futex by which the two above reach the thread.
  static uint64_t handover_address();

 private:
  AuditListener() = default;

  pthread_t thread_ = {};
};

}  // namespace qsbx

#endif
