// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/support/read_all.h"

#include <unistd.h>

namespace qsbx::testing {

std::string read_all(int descriptor) {
  std::string text;
  char buffer[4096];
  ssize_t count;
  while ((count = read(descriptor, buffer, sizeof buffer)) > 0) text.append(buffer, count);
  return text;
}

}  // namespace qsbx::testing
