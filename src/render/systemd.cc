// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/render/systemd.h"

#include "src/render/text.h"
#include "src/syscalls/constants.h"

namespace qsbx {
namespace {

constexpr size_t kLineLength = 100;

// As many lines as it takes: systemd merges them.
std::string setting(const std::string& start, const std::vector<std::string>& words) {
  std::string text, line;
  for (const std::string& word : words) {
    const bool full = !line.empty() && line.size() + 1 + word.size() > kLineLength;
    if (full) text += line + "\n";
    if (full || line.empty()) {
      line = start + word;
    } else {
      line += " " + word;
    }
  }
  return line.empty() ? text : text + line + "\n";
}

std::vector<std::string> failing_calls(const Policy& policy) {
  std::vector<std::string> words;
  for (const auto& [number, call] : policy.calls()) {
    if (!call.refusal || call.is_unconditional()) continue;
    const std::string_view error = errno_name(call.refusal->error);
    words.push_back(call_name(number, policy.architecture()) + ":" +
                    (error.empty() ? std::to_string(call.refusal->error) : std::string(error)));
  }
  return words;
}

// Every list of what is allowed has systemd's @default in it, whatever that is in its version. It
// is added with the first words, so it can be taken out after them.
std::string allow_list(const Policy& policy, const std::vector<std::string>& granted) {
  return "SystemCallFilter=\nSystemCallFilter=" + granted.front() +
         "\nSystemCallFilter=~@default\n" + setting("SystemCallFilter=", granted) +
         setting("SystemCallFilter=~", failing_calls(policy));
}

std::string identifier(Architecture architecture) {
  return architecture == Architecture::kX86_64 ? "x86-64" : "arm64";
}

}  // namespace

std::string to_systemd(const Policy& policy, Mode mode, const std::vector<std::string>& remarks) {
  const std::vector<std::string> granted = unconditional_names(policy, mode);
  const std::string head = header_comment(policy, mode, remarks) + "[Service]\n";
  if (mode == Mode::kAudit) {
    return head + "SystemCallLog=\n" + setting("SystemCallLog=~", granted);
  }
  return head +
         "SystemCallArchitectures=\nSystemCallArchitectures=" + identifier(policy.architecture()) +
         "\nSystemCallErrorNumber=" + (mode == Mode::kErrno ? "EPERM" : "kill") + "\n" +
         allow_list(policy, granted);
}

}  // namespace qsbx
