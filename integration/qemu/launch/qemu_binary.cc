// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/qemu/launch/qemu_binary.h"

#include <elf.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>

namespace qsbx {
namespace {

#if defined(__x86_64__)
constexpr unsigned kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kMachine = EM_AARCH64;
#else
#error "not an architecture of this project"
#endif

Error cannot_ride(const std::string& path, const std::string& reason) {
  return Error{ErrorCode::kUsage, path + " " + reason};
}

bool is_program(const std::string& path) {
  struct stat file = {};
  return stat(path.c_str(), &file) == 0 && S_ISREG(file.st_mode) && access(path.c_str(), X_OK) == 0;
}

template <typename T>
bool read_at(std::ifstream& file, uint64_t offset, T& value) {
  file.seekg(static_cast<std::streamoff>(offset));
  return static_cast<bool>(file.read(reinterpret_cast<char*>(&value), sizeof value));
}

// The segment that names the dynamic linker.
std::optional<Elf64_Phdr> find_linker_name(std::ifstream& file, const Elf64_Ehdr& header) {
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment = {};
    if (!read_at(file, header.e_phoff + uint64_t{i} * header.e_phentsize, segment)) break;
    if (segment.p_type == PT_INTERP) return segment;
  }
  return std::nullopt;
}

bool gains_privileges(const std::string& path) {
  struct stat file = {};
  if (stat(path.c_str(), &file) != 0) return true;
  if ((file.st_mode & S_ISUID) && file.st_uid != getuid()) return true;
  if ((file.st_mode & S_ISGID) && file.st_gid != getgid()) return true;
  return getxattr(path.c_str(), "security.capability", nullptr, 0) > 0;
}

}  // namespace

Result<std::string> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (is_program(name)) return name;
    return cannot_ride(name, "is not a program that can be started");
  }
  const char* path = getenv("PATH");
  std::istringstream folders(path ? path : "/usr/local/bin:/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::string candidate = (folder.empty() ? "." : folder) + "/" + name;
    if (is_program(candidate)) return candidate;
  }
  return cannot_ride(name, "is in no folder of PATH");
}

std::string dynamic_linker_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  Elf64_Ehdr header = {};
  if (!read_at(file, 0, header)) return "";
  const auto segment = find_linker_name(file, header);
  if (!segment || segment->p_filesz == 0 || segment->p_filesz > PATH_MAX) return "";
  std::string name(segment->p_filesz - 1, '\0');
  file.seekg(static_cast<std::streamoff>(segment->p_offset));
  return file.read(name.data(), static_cast<std::streamsize>(name.size())) ? name : "";
}

Status check_loads_libraries(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return cannot_ride(path, std::string("cannot be read to see whether it can be locked down: ") +
                                 std::strerror(errno));
  }
  char magic[2] = {};
  Elf64_Ehdr header = {};
  if (read_at(file, 0, magic) && magic[0] == '#' && magic[1] == '!') {
    return cannot_ride(path, "is a script; give 'qsbx run' the QEMU program that it starts");
  }
  file.clear();
  if (!read_at(file, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    return cannot_ride(path, "is not an executable program");
  }
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != kMachine) {
    return cannot_ride(path, "is built for another architecture than qsbx");
  }
  if (!find_linker_name(file, header)) {
    return cannot_ride(path,
                       "is linked statically, so that nothing can ride along; use a dynamically "
                       "linked QEMU, or one with the lockdown built in");
  }
  if (gains_privileges(path)) {
    return cannot_ride(path,
                       "gains privileges when it starts (set-user-ID, set-group-ID or file "
                       "capabilities), so that nothing can ride along; start it with the "
                       "privileges it needs instead");
  }
  return Done{};
}

}  // namespace qsbx
