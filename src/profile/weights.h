// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How often recorded runs made each call: what the compiler puts first. Weights grant nothing, and
// a program is proven whatever they say.
//
//   file = { [ COUNT CALL { ARGUMENT } ] NEWLINE }     with comments from # to the end of the line
//
// Calls and arguments are written as in `qsbx eval`: `48211 ioctl 0 KVM_RUN`. Arguments that no
// profile looks at are left 0. scripts/record-weights writes such files.
#ifndef QSBX_PROFILE_WEIGHTS_H_
#define QSBX_PROFILE_WEIGHTS_H_

#include <string>
#include <string_view>
#include <vector>

#include "src/errors/result.h"
#include "src/policy/weighted_call.h"
#include "src/profile/profile.h"

namespace qsbx {

// Sorted by number and arguments; no two alike. Calls and constants that only another architecture
// has are left out. kProfile with diagnostics when the text is wrong. `file` is for messages.
Result<std::vector<WeightedCall>> parse_weights(std::string_view text, const std::string& file,
                                                Architecture architecture,
                                                const ParseLimits& limits = {});

// The same of all files weights/*.weights below a profile folder, counts of equal calls added up.
// No such folder: none.
Result<std::vector<WeightedCall>> weights_of(const std::string& profile_folder,
                                             Architecture architecture,
                                             const ParseLimits& limits = {});

}  // namespace qsbx

#endif
