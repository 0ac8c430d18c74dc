// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a selection is granted in a phase.
#ifndef QSBX_CLI_PHASE_POLICY_H_
#define QSBX_CLI_PHASE_POLICY_H_

#include <string>
#include <vector>

#include "src/cli/selection_options.h"
#include "src/errors/result.h"
#include "src/policy/actions.h"
#include "src/policy/policy.h"

namespace qsbx {

struct ModalPolicy {
  Policy policy;
  Mode mode;
  std::vector<WeightedCall> recorded;
};

// Of "run", "boot" or "union". kUsage for an option that the phase would ignore; a machine is no
// such option, whatever it is made of, but has to be one that has a policy.
Result<ModalPolicy> policy_of_phase(const std::string& phase, const SelectionOptions& selection);

}  // namespace qsbx

#endif
