// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/render/oci.h"

#include <errno.h>

#include <nlohmann/json.hpp>

#include "src/render/entries.h"

namespace qsbx {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const ArgumentCheck& check) {
  Json json = {{"index", check.index}, {"value", check.value}};
  if (check.op == "SCMP_CMP_MASKED_EQ") json["valueTwo"] = check.value_two;
  json["op"] = check.op;
  return json;
}

Json json_of(const Entry& entry) {
  Json json = {{"names", entry.names}, {"action", entry.action}};
  if (entry.errno_ret) json["errnoRet"] = *entry.errno_ret;
  for (const ArgumentCheck& check : entry.args) json["args"].push_back(json_of(check));
  return json;
}

}  // namespace

std::string to_oci(const Policy& policy, Mode mode) {
  Json json = {{"defaultAction", default_action(mode)}};
  if (mode == Mode::kErrno) json["defaultErrnoRet"] = EPERM;
  json["architectures"] = {architecture_token(policy.architecture())};
  json["syscalls"] = Json::array();
  for (const Entry& entry : entries_of(policy, mode, NumberRange::kUnsigned64)) {
    json["syscalls"].push_back(json_of(entry));
  }
  return json.dump(2) + "\n";
}

}  // namespace qsbx
