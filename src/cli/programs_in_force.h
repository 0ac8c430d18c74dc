// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_CLI_PROGRAMS_IN_FORCE_H_
#define QSBX_CLI_PROGRAMS_IN_FORCE_H_

#include <string>
#include <vector>

#include "src/bpf/program.h"
#include "src/cli/selection_options.h"
#include "src/errors/result.h"

namespace qsbx {

// What lockdown with roles puts in force for threads of the chosen role, the oldest first: the
// program of the process, and on top of it that of the role where it has one. Without a role, or
// where a role has none of its own, there is one. None where the policy grants nothing.
Result<std::vector<Program>> programs_in_force(const ChosenProfiles& chosen);

// What has to be said where the chosen role has the policy of the process, which may grant more
// than the rules for that role; else empty.
std::string note_about_role(const ChosenProfiles& chosen);

}  // namespace qsbx

#endif
