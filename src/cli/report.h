// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the command says on standard error, and what it leaves as exit status.
#ifndef QSBX_CLI_REPORT_H_
#define QSBX_CLI_REPORT_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "src/errors/result.h"

namespace qsbx {

// Scripts depend on them.
enum ExitStatus {
  kYes = 0,       // or done
  kNo = 1,        // denied, differs, not proven, not covered, not locked down
  kBadInput = 2,  // or bad usage
  kLacking = 3,   // this machine lacks something
};

// Every line of the message with "qsbx: " before it; control characters are escaped.
void say(const std::string& message);

// For standard output: of several lines, with the end of the last. Bytes that are no UTF-8 are
// replaced.
std::string json_text(const nlohmann::ordered_json& json);

// Says what is wrong; the exit status that goes with it.
int report(const Error& error);

}  // namespace qsbx

#endif
