// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/support/scaled.h"

#include <stdlib.h>

#include <algorithm>
#include <iostream>

namespace qsbx::testing {

int scaled(int full, int least) {
  const char* scale = getenv("QSBX_LIVE_SCALE");
  const double part = scale == nullptr ? 1.0 : atof(scale);
  const int count = std::max(least, static_cast<int>(full * part));
  std::cout << count << " of " << full << "\n";
  return count;
}

}  // namespace qsbx::testing
