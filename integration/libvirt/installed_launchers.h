// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_INTEGRATION_LIBVIRT_INSTALLED_LAUNCHERS_H_
#define QSBX_INTEGRATION_LIBVIRT_INSTALLED_LAUNCHERS_H_

#include <filesystem>
#include <vector>

namespace qsbx {

// Beside this program: "/usr/bin/qemu-system-x86_64-qsbx", and those of other architectures.
std::vector<std::filesystem::path> installed_launchers();

// Whether a path leads to one of `launchers`, and not just to a file that is called so.
bool is_one_of(const std::vector<std::filesystem::path>& launchers,
               const std::filesystem::path& emulator);

}  // namespace qsbx

#endif
