// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/folder_files.h"

#include <algorithm>

#include "integration/libvirt/text_file.h"

namespace qsbx {

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code unknown;
    if (entry->is_regular_file(unknown)) files.push_back(entry->path());
  }
  std::ranges::sort(files);
  return files;
}

std::string text_or_nothing(const std::filesystem::path& file) {
  auto text = read_text_file(file);
  return text ? std::move(text).value() : "";
}

}  // namespace qsbx
