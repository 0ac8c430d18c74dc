// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Rules that no profile has: what the library itself needs.
#ifndef QSBX_LOCKDOWN_NEEDS_H_
#define QSBX_LOCKDOWN_NEEDS_H_

#include <string_view>

#include "src/policy/policy.h"

namespace qsbx {

// That argument `argument`, of which `bits` count, is `value`.
Expression argument_is(int argument, uint8_t bits, uint64_t value);

class Needs {
 public:
  explicit Needs(Architecture architecture) : policy_(architecture) {}

  // Nothing, where the architecture has no such call.
  void call(std::string_view name, Expression condition);
  // Once for each call.
  void refuse(std::string_view name, int error);

  const Policy& policy() const& { return policy_; }
  Policy policy() && { return std::move(policy_); }

 private:
  Policy policy_;
};

}  // namespace qsbx

#endif
