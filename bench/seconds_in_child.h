// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_BENCH_SECONDS_IN_CHILD_H_
#define QSBX_BENCH_SECONDS_IN_CHILD_H_

#include <functional>

namespace qsbx::bench {

// What `measured` returns in a child of its own, since a filter cannot be taken off again: seconds,
// or what is negative where it failed. Negative as well when the child could not tell.
double seconds_in_child(const std::function<double()>& measured);

}  // namespace qsbx::bench

#endif
