// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/virt_report.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "src/errors/text.h"

namespace qsbx {

using Json = nlohmann::ordered_json;

void say(const std::string& message) { std::cerr << "qsbx: " << printable(message) << "\n"; }

int report(const Error& error) {
  say("error: " + error.to_string());
  if (error.code == ErrorCode::kNotProven) return kNo;
  return error.code == ErrorCode::kKernel ? kLacking : kBadInput;
}

void print_json(const Json& json) {
  std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

std::string json_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace qsbx
