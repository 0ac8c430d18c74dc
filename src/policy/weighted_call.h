// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_POLICY_WEIGHTED_CALL_H_
#define QSBX_POLICY_WEIGHTED_CALL_H_

#include <cstdint>

#include "src/policy/policy.h"

namespace qsbx {

// A call, and how often a recorded run made it.
struct WeightedCall {
  Call call;
  uint64_t count;
};

}  // namespace qsbx

#endif
