// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/qemu_program.h"

#include <filesystem>
#include <vector>

#include "integration/libvirt/qemu_request.h"
#include "integration/qemu/launch/qemu_binary.h"
#include "src/machine/process_command.h"

namespace qsbx {
namespace {

// As the launcher was called, and where it really is.
std::vector<std::filesystem::path> folders_of(const std::string& launcher) {
  std::vector<std::filesystem::path> folders;
  if (launcher.find('/') != std::string::npos) {
    folders.push_back(std::filesystem::path(launcher).parent_path());
  }
  if (const std::string own = own_folder(); !own.empty()) folders.emplace_back(own);
  return folders;
}

}  // namespace

Result<std::string> find_qemu(const HostConfiguration& host, const std::string& launcher) {
  std::error_code error;
  const bool folder = std::filesystem::is_directory(host.qemu, error);
  if (!host.qemu.empty() && !folder) return find_program(host.qemu);
  auto name = qemu_name_of(launcher);
  if (!name) return name;
  if (folder) return find_program(host.qemu + "/" + *name);
  for (const auto& next_to : folders_of(launcher)) {
    if (auto found = find_program(next_to / *name)) return found;
  }
  return find_program(*name);
}

}  // namespace qsbx
