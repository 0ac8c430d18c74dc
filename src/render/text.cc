// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/render/text.h"

#include "src/errors/text.h"
#include "src/render/clauses.h"

namespace qsbx {

std::string header_comment(const Policy& policy, Mode mode,
                           const std::vector<std::string>& remarks) {
  std::string text =
      "# Written by qsbx compile: " + std::string(architecture_name(policy.architecture())) +
      ", mode " + std::string(mode_name(mode)) + ".\n";
  for (const std::string& remark : remarks) text += "# " + printable(remark) + "\n";
  return text;
}

std::vector<std::string> unconditional_names(const Policy& policy, Mode mode) {
  std::vector<std::string> names;
  for (const auto& [number, call] : policy.calls()) {
    if (runs_whole(call, mode)) names.push_back(call_name(number, policy.architecture()));
  }
  return names;
}

}  // namespace qsbx
