// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What values options take. Where there are few, --help has them in {}, and completion takes them
// from there.
#ifndef QSBX_CLI_OPTION_VALUES_H_
#define QSBX_CLI_OPTION_VALUES_H_

#include <CLI/CLI.hpp>
#include <string>

#include "src/errors/result.h"
#include "src/syscalls/architecture.h"

namespace qsbx {

// An empty value would count as an option that is absent: --role "$ROLE" of a script whose variable
// is not set would be all roles.
CLI::Validator not_empty();

CLI::Validator a_mode();
CLI::Validator a_role();
CLI::Validator an_architecture();

Result<Architecture> architecture_from_string(const std::string& name);

}  // namespace qsbx

#endif
