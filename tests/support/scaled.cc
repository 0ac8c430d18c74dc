// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/support/scaled.h"

#include <stdlib.h>

#include <algorithm>
#include <iostream>

namespace qsbx::testing {
namespace {

constexpr double kLongest = 300;

double live_scale() {
  const char* scale = getenv("QSBX_LIVE_SCALE");
  return scale == nullptr ? 1.0 : atof(scale);
}

}  // namespace

int scaled(int full, int least) {
  const int count = std::max(least, static_cast<int>(full * live_scale()));
  std::cout << count << " of " << full << "\n";
  return count;
}

unsigned patience(unsigned full) {
  if (live_scale() >= 1 || full >= kLongest) return full;
  return static_cast<unsigned>(std::min(kLongest, full / live_scale()));
}

}  // namespace qsbx::testing
