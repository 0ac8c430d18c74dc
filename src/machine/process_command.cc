// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/process_command.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace qsbx {

Result<std::vector<std::string>> command_of_process(pid_t process) {
  // By number it may be another one, where /proc is of another PID namespace.
  const std::string name = process == getpid() ? "self" : std::to_string(process);
  std::ifstream stream("/proc/" + name + "/cmdline", std::ios::binary);
  if (!stream) {
    return Error{ErrorCode::kUsage,
                 "cannot read the command line of process " + std::to_string(process) + ": " +
                     std::strerror(errno),
                 errno};
  }
  std::vector<std::string> words;
  for (std::string word; std::getline(stream, word, '\0');) words.push_back(word);
  return words;
}

}  // namespace qsbx
