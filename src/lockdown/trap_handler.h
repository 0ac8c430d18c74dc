// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Modes enforce and errno: SIGSYS, which the kernel sends for SECCOMP_RET_TRAP.
#ifndef QSBX_LOCKDOWN_TRAP_HANDLER_H_
#define QSBX_LOCKDOWN_TRAP_HANDLER_H_

#include <signal.h>

#include "src/errors/result.h"
#include "src/lockdown/violation_report.h"

namespace qsbx {

// Takes the signal and the report over, or gives both back: what was before comes back with undo().
class TrapHandler {
 public:
  // From now on violations go to `report`, which has to stay for ever.
  static Result<TrapHandler> set_up(ViolationReport& report);

  void undo();

 private:
  TrapHandler() = default;

  struct sigaction previous_action_ = {};
  ViolationReport* previous_report_ = nullptr;
};

}  // namespace qsbx

#endif
