// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/render/spo.h"

#include <regex>

#include "src/errors/text.h"
#include "src/render/entries.h"
#include "src/render/text.h"

namespace qsbx {
namespace {

std::string yaml_of(const ArgumentCheck& check) {
  std::string yaml = "    - index: " + std::to_string(check.index) + "\n      op: " + check.op +
                     "\n      value: " + std::to_string(check.value) + "\n";
  if (check.op == "SCMP_CMP_MASKED_EQ") {
    yaml += "      valueTwo: " + std::to_string(check.value_two) + "\n";
  }
  return yaml;
}

std::string yaml_of(const Entry& entry) {
  std::string yaml = "  - action: " + entry.action + "\n    names:\n";
  for (const std::string& name : entry.names) yaml += "    - " + name + "\n";
  if (entry.errno_ret) yaml += "    errnoRet: " + std::to_string(*entry.errno_ret) + "\n";
  if (entry.args.empty()) return yaml;
  yaml += "    args:\n";
  for (const ArgumentCheck& check : entry.args) yaml += yaml_of(check);
  return yaml;
}

}  // namespace

Status check_object_name(const std::string& name) {
  static const std::regex kForm(
      R"([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)");
  if (name.size() <= 253 && std::regex_match(name, kForm)) return Done{};
  return Error{ErrorCode::kUsage,
               "'" + printable(name) +
                   "' is no name for an object of Kubernetes: lower case letters, digits, - and ., "
                   "up to 253, and each part between dots begins and ends with a letter or digit"};
}

std::string to_spo(const Policy& policy, Mode mode, const std::string& name,
                   const std::vector<std::string>& remarks) {
  // Quoted: a name of digits would be a number.
  std::string yaml = header_comment(policy, mode, remarks) +
                     "apiVersion: security-profiles-operator.x-k8s.io/v1beta1\n"
                     "kind: SeccompProfile\n"
                     "metadata:\n  name: \"" +
                     name + "\"\nspec:\n  defaultAction: " + default_action(mode) +
                     "\n  architectures:\n  - " + architecture_token(policy.architecture()) + "\n";
  const std::vector<Entry> entries = entries_of(policy, mode, NumberRange::kSigned64);
  yaml += entries.empty() ? "  syscalls: []\n" : "  syscalls:\n";
  for (const Entry& entry : entries) yaml += yaml_of(entry);
  return yaml;
}

}  // namespace qsbx
