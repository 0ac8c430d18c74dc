// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/hook_findings.h"

#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "integration/libvirt/folder_files.h"

namespace qsbx {
namespace {

using Path = std::filesystem::path;

constexpr char kProgram[] = "qsbx-libvirt-hook";

struct Hook {
  Path file;
  std::string program;  // as the file has it; empty where it is none of qsbx's
};

bool is_executable(const Path& file) { return access(file.c_str(), X_OK) == 0; }

// Of a shell's line, by a # that begins a word before it.
bool is_in_comment(const std::string& line, size_t place) {
  for (size_t hash = line.find('#'); hash < place; hash = line.find('#', hash + 1)) {
    if (hash == 0 || line[hash - 1] == ' ' || line[hash - 1] == '\t') return true;
  }
  return false;
}

// The word of a shell's line that names the program; empty where none does.
std::string program_in(const std::string& line) {
  constexpr char kBetweenWords[] = " \t\"';&|()";
  const size_t name = line.find(kProgram);
  if (name == line.npos || is_in_comment(line, name)) return "";
  const size_t before = line.find_last_of(kBetweenWords, name);
  const size_t begin = before == line.npos ? 0 : before + 1;
  return line.substr(begin, line.find_first_of(kBetweenWords, name) - begin);
}

// A script that starts the program, or a link to the program.
Hook read_hook(const Path& file) {
  std::error_code error;
  if (std::filesystem::canonical(file, error).filename() == kProgram) return {file, file};
  std::istringstream lines(text_or_nothing(file));
  for (std::string line; std::getline(lines, line);) {
    if (std::string program = program_in(line); !program.empty()) return {file, program};
  }
  return {file, ""};
}

std::vector<Hook> own_hooks(const Path& hooks) {
  std::vector<Path> files = files_in(hooks / "qemu.d");
  files.push_back(hooks / "qemu");
  std::vector<Hook> own;
  for (const Path& file : files) own.push_back(read_hook(file));
  std::erase_if(own, [](const Hook& hook) { return hook.program.empty(); });
  return own;
}

// What has no folder, or a variable for one, only the shell finds.
bool is_there(const std::string& program) {
  return !program.starts_with("/") || is_executable(program);
}

}  // namespace

Findings findings_on_hook(const Path& hooks) {
  const std::vector<Hook> own = own_hooks(hooks);
  if (own.empty()) {
    return {{"no-hook", hooks / "qemu.d",
             "no hook calls qsbx-libvirt-hook: what guests declare is not handed over, and "
             "nothing checks them once they run",
             "install qsbx-libvirt as a whole, and restart libvirt's daemon"}};
  }
  const auto hook =
      std::ranges::find_if(own, [](const Hook& one) { return is_executable(one.file); });
  if (hook == own.end()) {
    return {{"no-hook", own.front().file, "it is not executable, so libvirt does not call it",
             "chmod 755 it, and restart libvirt's daemon"}};
  }
  if (is_there(hook->program)) return {};
  return {{"no-hook", hook->file,
           "it starts " + hook->program + ", which is not there: no guest starts",
           "install qsbx-libvirt as a whole"}};
}

}  // namespace qsbx
