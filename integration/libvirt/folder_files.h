// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Files of which it is no error that they are not there.
#ifndef QSBX_INTEGRATION_LIBVIRT_FOLDER_FILES_H_
#define QSBX_INTEGRATION_LIBVIRT_FOLDER_FILES_H_

#include <filesystem>
#include <string>
#include <vector>

namespace qsbx {

// What links lead to counts as the link. Sorted.
std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder);

std::string text_or_nothing(const std::filesystem::path& file);

}  // namespace qsbx

#endif
