// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/text_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace qsbx {

Result<std::string> read_text_file(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return Error{ErrorCode::kUsage, "cannot read " + file + ": " + std::strerror(errno), errno};
  }
  return std::string{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

}  // namespace qsbx
