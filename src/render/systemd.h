// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A drop-in for a systemd unit: call numbers alone.
#ifndef QSBX_RENDER_SYSTEMD_H_
#define QSBX_RENDER_SYSTEMD_H_

#include <string>
#include <vector>

#include "src/policy/actions.h"

namespace qsbx {

// No call of the policy is granted for some arguments only.
std::string to_systemd(const Policy& policy, Mode mode, const std::vector<std::string>& remarks);

}  // namespace qsbx

#endif
