// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/folder.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <string_view>

namespace qsbx {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};

}  // namespace

Result<std::vector<int>> numbers_in_folder(const std::string& folder) {
  const std::unique_ptr<DIR, CloseDirectory> directory(opendir(folder.c_str()));
  if (!directory) {
    const int error = errno;
    return Error{ErrorCode::kKernel, "cannot read " + folder + ": " + strerror(error), error};
  }
  std::vector<int> numbers;
  while (const dirent* entry = readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    int number = -1;
    std::from_chars(name.data(), name.data() + name.size(), number);
    if (number >= 0) numbers.push_back(number);
  }
  std::ranges::sort(numbers);
  return numbers;
}

}  // namespace qsbx
