// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/cli/option_values.h"

#include "src/errors/text.h"
#include "src/lockdown/sandbox.h"
#include "src/profile/profile.h"

namespace qsbx {
namespace {

std::string complaint_of_role(const std::string& role) {
  return is_role(role) ? "" : "'" + role + "' is no role; the roles are " + joined(roles());
}

std::string in_braces(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values) text += (text.empty() ? "{" : ",") + value;
  return text + "}";
}

template <typename T>
std::string complaint_of(const Result<T>& result) {
  return result.ok() ? "" : result.error().message;
}

}  // namespace

CLI::Validator not_empty() {
  const auto complaint = [](const std::string& value) -> std::string {
    return value.empty() ? "the value is empty; give one, or leave the option out" : "";
  };
  return {complaint, ""};
}

CLI::Validator a_mode() {
  const auto complaint = [](const std::string& mode) {
    return complaint_of(mode_from_string(mode));
  };
  return {complaint, "{enforce,errno,audit}"};
}

CLI::Validator a_role() { return {complaint_of_role, in_braces(roles())}; }

CLI::Validator an_architecture() {
  const auto complaint = [](const std::string& name) {
    return complaint_of(architecture_from_string(name));
  };
  return {complaint, "{x86_64,aarch64}"};
}

Result<Architecture> architecture_from_string(const std::string& name) {
  if (const std::optional<Architecture> known = architecture_by_name(name)) return *known;
  return Error{ErrorCode::kUsage, "'" + name +
                                      "' is no architecture that qsbx knows; it knows x86_64 and "
                                      "aarch64"};
}

}  // namespace qsbx
