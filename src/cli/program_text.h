// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Programs, in the forms that other tools read.
#ifndef QSBX_CLI_PROGRAM_TEXT_H_
#define QSBX_CLI_PROGRAM_TEXT_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "src/bpf/program.h"
#include "src/errors/result.h"

namespace qsbx {

// An array of struct sock_filter.
std::string to_raw(const Program& program);
// kUsage when the size is not that of whole instructions.
Result<Program> from_raw(const std::string& bytes);

std::string to_c(const Program& program);
std::string to_json(const Program& program);
nlohmann::ordered_json json_of(const Program& program);

}  // namespace qsbx

#endif
