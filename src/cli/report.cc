// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/cli/report.h"

#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "src/errors/text.h"

namespace qsbx {
namespace {

ExitStatus exit_status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNotProven:
      return kNo;
    case ErrorCode::kKernel:
    case ErrorCode::kThread:
      return kLacking;
    default:
      return kBadInput;
  }
}

}  // namespace

void say(const std::string& message) {
  std::istringstream lines(message);
  for (std::string line; std::getline(lines, line);)
    std::cerr << "qsbx: " << printable(line) << "\n";
}

std::string json_text(const nlohmann::ordered_json& json) {
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

int report(const Error& error) {
  say(error.to_string());
  return exit_status_of(error.code);
}

}  // namespace qsbx
