// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/errors/result.h"

namespace qsbx {

std::string Error::to_string() const {
  if (diagnostics.empty()) return message;
  return message + "\n" + qsbx::to_string(diagnostics);
}

}  // namespace qsbx
