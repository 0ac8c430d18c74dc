// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/process_command.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace qsbx {
namespace {

// By number it may be another one, where /proc is of another PID namespace.
std::string folder_in_proc(pid_t process) {
  return "/proc/" + (process == getpid() ? "self" : std::to_string(process));
}

}  // namespace

Result<std::vector<std::string>> command_of_process(pid_t process) {
  std::ifstream stream(folder_in_proc(process) + "/cmdline", std::ios::binary);
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

std::string program_of(pid_t process) {
  std::error_code error;
  return std::filesystem::read_symlink(folder_in_proc(process) + "/exe", error);
}

std::string own_folder() { return std::filesystem::path(program_of(getpid())).parent_path(); }

}  // namespace qsbx
