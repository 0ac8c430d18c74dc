// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/storage_program.h"

namespace qsbx {

std::string storage_program(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  return name == kStorageDaemon || name == kNbdServer ? name : "";
}

}  // namespace qsbx
