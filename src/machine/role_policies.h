// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What threads of one role need: less than the process, which is all roles joined. docs/roles.md
// has which thread has which role.
#ifndef QSBX_MACHINE_ROLE_POLICIES_H_
#define QSBX_MACHINE_ROLE_POLICIES_H_

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "src/errors/result.h"
#include "src/machine/selection.h"
#include "src/policy/descriptor_kind.h"
#include "src/policy/policy.h"

namespace qsbx {

struct RolePolicy {
  std::string role;
  Policy policy;
};

// Roles whose threads have a policy of their own. All others have that of the process: `main`
// starts threads of every role, and what is known of the rest is too little.
const std::vector<std::string>& confined_roles();

// Other roles of the threads that a thread of `maker` starts: a thread is born with the filters of
// the one that starts it, so that the maker needs what they need.
std::vector<std::string> roles_started_by(std::string_view maker);

// Whether threads of the role have others start the threads that they ask for
// (src/lockdown/thread_spawner.h).
bool delegates_thread_starts(std::string_view role);

// The policies of confined roles, each stricter than that of all roles joined; a role that needs as
// much has none. Rules are bound to the descriptors of `bound`. kPolicy, with a call, when a role
// does not grant what threads that it starts need.
Result<std::vector<RolePolicy>> compose_roles(const Selection& selection,
                                              const std::set<std::string>& features,
                                              Architecture architecture,
                                              const Descriptors& bound = {});

}  // namespace qsbx

#endif
