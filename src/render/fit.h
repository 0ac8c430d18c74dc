// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Policies cut to what a format can express. Of calls that it cannot, every argument is granted, or
// only what it can express by leaving out rules; or they are an error, as with by_number().
#ifndef QSBX_RENDER_FIT_H_
#define QSBX_RENDER_FIT_H_

#include <functional>
#include <string>

#include "src/policy/by_number.h"

namespace qsbx {

struct Expressiveness {
  // Whether the format can express a call that is granted for some arguments and not for all.
  std::function<bool(const CallPolicy&)> can_express;
  std::string limit;  // for the error: "an OCI profile takes at most 512 entries for a call"
};

// Calls that are granted for all arguments, by whatever rules, have become unconditional. Fails as
// by_number() does.
Result<PolicyByNumber> fit(const Policy& policy, PartialCalls partial,
                           const Expressiveness& format);

}  // namespace qsbx

#endif
