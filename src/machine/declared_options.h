// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What holds for a guest stands on qsbx's line as options; what the user says is instead of them.
#ifndef QSBX_MACHINE_DECLARED_OPTIONS_H_
#define QSBX_MACHINE_DECLARED_OPTIONS_H_

#include <string>
#include <vector>

namespace qsbx {

// The options without those that can be there once, and that `said` has, too. Each stands before
// its value.
std::vector<std::string> without_overridden(std::vector<std::string> declared,
                                            const std::vector<std::string>& said);

}  // namespace qsbx

#endif
