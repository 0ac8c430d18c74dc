// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What this library has put in force in this process. Filters cannot be taken back, so this belongs
// to the process, not to an object.
#ifndef QSBX_LOCKDOWN_IN_FORCE_H_
#define QSBX_LOCKDOWN_IN_FORCE_H_

#include <memory>
#include <string_view>
#include <vector>

#include "src/lockdown/role_programs.h"
#include "src/lockdown/violation_report.h"
#include "src/policy/policy.h"

namespace qsbx {

struct InForce {
  Mode mode = Mode::kEnforce;  // means something once there is a boot or run policy
  std::shared_ptr<const Policy> boot;
  bool locked_down = false;
  bool opens_handed_over = false;                     // to a broker
  std::shared_ptr<const RolePrograms> role_programs;  // for threads that are still to come
  // Kept for ever, for the handler or listener.
  std::vector<std::shared_ptr<ViolationReport>> reports;
};

InForce& in_force();

bool always_grants(const Policy& policy, std::string_view name);

// A boot policy may be in force already, and reading /proc must not be a violation of it.
bool may_read_proc();

}  // namespace qsbx

#endif
