// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_PROFILE_NAMES_H_
#define QSBX_PROFILE_NAMES_H_

#include <string>
#include <string_view>
#include <vector>

namespace qsbx {

// The kinds of parts that a profile can apply to. What each kind stands for says
// src/machine/machine.h, which builds on this folder; a test holds the two lists equal.
const std::vector<std::string>& applicable_kinds();
// `applies to feature NAME`: what a manager may do later, which is no part of a machine.
inline constexpr char kFeatureKind[] = "feature";

// The nearest of `names` to a misspelt one; empty when none is near.
std::string nearest_of(const std::vector<std::string>& names, std::string_view name);

}  // namespace qsbx

#endif
