// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/guest_process.h"

#include <algorithm>

#include "src/machine/process_command.h"

namespace qsbx {
namespace {

bool is_launchers(const std::string& option, const std::string& value) {
  return option == "-readconfig" && value.starts_with("/proc/self/fd/");
}

}  // namespace

bool runs_guest(pid_t process, const std::string& uuid) {
  const auto words = command_of_process(process);
  if (!words) return false;
  const auto option = std::ranges::find(*words, "-uuid");
  return option != words->end() && option + 1 != words->end() && option[1] == uuid;
}

Result<std::vector<std::string>> command_of_guest(pid_t process) {
  const auto words = command_of_process(process);
  if (!words || words->empty()) {
    return Error{ErrorCode::kUsage, "process " + std::to_string(process) + " is gone"};
  }
  std::vector<std::string> kept;
  for (size_t i = 0; i < words->size(); ++i) {
    if (i + 1 < words->size() && is_launchers((*words)[i], (*words)[i + 1])) {
      ++i;
    } else {
      kept.push_back((*words)[i]);
    }
  }
  return kept;
}

}  // namespace qsbx
