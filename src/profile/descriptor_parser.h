// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_PROFILE_DESCRIPTOR_PARSER_H_
#define QSBX_PROFILE_DESCRIPTOR_PARSER_H_

#include <optional>

#include "src/policy/descriptor_kind.h"
#include "src/profile/lexer.h"
#include "src/profile/reporter.h"

namespace qsbx {

// What stands behind "fds": "(" KIND ")". nullopt after an error, which has been reported.
std::optional<DescriptorKind> parse_descriptor_kind(Lexer& lexer, Reporter& reporter);

}  // namespace qsbx

#endif
