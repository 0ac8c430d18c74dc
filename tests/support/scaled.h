// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_TESTS_SUPPORT_SCALED_H_
#define QSBX_TESTS_SUPPORT_SCALED_H_

namespace qsbx::testing {

// How many threads, calls and the like a stress test has: `full`, or the part of it that
// QSBX_LIVE_SCALE says (0.01: a hundredth), at least `least`. Printed.
int scaled(int full, int least);

// How many seconds a child may take before it is taken for one that hangs: `full`, or as many
// times more as QSBX_LIVE_SCALE makes the machine slower, at most five minutes.
unsigned patience(unsigned full);

}  // namespace qsbx::testing

#endif
