// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_TESTS_SUPPORT_SCALED_H_
#define QSBX_TESTS_SUPPORT_SCALED_H_

namespace qsbx::testing {

// How many threads, calls and the like a stress test has: `full`, or the part of it that
// QSBX_LIVE_SCALE says (0.01: a hundredth), at least `least`. Printed.
int scaled(int full, int least);

}  // namespace qsbx::testing

#endif
