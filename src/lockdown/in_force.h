// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What this library has put in force in this process. Filters cannot be taken back, so this belongs
// to the process, not to an object.
#ifndef QSBX_LOCKDOWN_IN_FORCE_H_
#define QSBX_LOCKDOWN_IN_FORCE_H_

#include <memory>
#include <vector>

#include "src/lockdown/violation_report.h"
#include "src/policy/policy.h"

namespace qsbx {

struct InForce {
  Mode mode = Mode::kEnforce;  // means something once there is a boot or run policy
  std::shared_ptr<const Policy> boot;
  bool locked_down = false;
  bool opens_handed_over = false;  // to a broker
  // Kept for ever, for the handler or listener.
  std::vector<std::shared_ptr<ViolationReport>> reports;
};

InForce& in_force();

}  // namespace qsbx

#endif
