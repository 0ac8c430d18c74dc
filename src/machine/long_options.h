// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A command line as getopt_long(3) takes it: --name VALUE, --name=VALUE, a beginning of a name that
// only one option has, -n VALUE, -nVALUE, several letters in one word; after -- there are no
// options any more.
#ifndef QSBX_MACHINE_LONG_OPTIONS_H_
#define QSBX_MACHINE_LONG_OPTIONS_H_

#include <string_view>
#include <vector>

#include "src/machine/command_line.h"

namespace qsbx {

struct LongOption {
  std::string_view name;
  bool takes_value;
  char letter = '\0';  // none
};

// `arguments` begin with the program itself. What is no option has no name. kUsage for an option
// that is not in `known`, or lacks its value.
Result<std::vector<CommandOption>> split_long_options(const std::vector<std::string>& arguments,
                                                      const std::vector<LongOption>& known);

}  // namespace qsbx

#endif
