// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/installed_launchers.h"

#include <algorithm>

#include "integration/libvirt/folder_files.h"
#include "integration/libvirt/qemu_request.h"
#include "src/machine/process_command.h"

namespace qsbx {

std::vector<std::filesystem::path> installed_launchers() {
  std::vector<std::filesystem::path> found = files_in(own_folder());
  std::erase_if(found, [](const std::filesystem::path& path) {
    const std::string name = path.filename();
    return !name.starts_with("qemu-system-") || !name.ends_with(kLauncherEnding);
  });
  return found;
}

bool is_one_of(const std::vector<std::filesystem::path>& launchers,
               const std::filesystem::path& emulator) {
  return std::ranges::any_of(launchers, [&](const std::filesystem::path& launcher) {
    std::error_code error;
    return std::filesystem::equivalent(launcher, emulator, error);
  });
}

}  // namespace qsbx
