// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the formats that are text have in common.
#ifndef QSBX_RENDER_TEXT_H_
#define QSBX_RENDER_TEXT_H_

#include <string>
#include <vector>

#include "src/policy/actions.h"

namespace qsbx {

// "# " before every line, with a first one that says what the text is.
std::string header_comment(const Policy& policy, Mode mode,
                           const std::vector<std::string>& remarks);

// The calls that run whatever their arguments, and in audit those that no violation is made of.
std::vector<std::string> unconditional_names(const Policy& policy, Mode mode);

}  // namespace qsbx

#endif
