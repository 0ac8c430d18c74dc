// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/cli/report.h"

#include <iostream>
#include <sstream>

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
  for (std::string line; std::getline(lines, line);) std::cerr << "qsbx: " << line << "\n";
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

int report(const Error& error) {
  say(error.to_string());
  return exit_status_of(error.code);
}

}  // namespace qsbx
