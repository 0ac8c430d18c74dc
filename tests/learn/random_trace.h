// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Runs that nobody made, of calls that exist.
#ifndef QSBX_TESTS_LEARN_RANDOM_TRACE_H_
#define QSBX_TESTS_LEARN_RANDOM_TRACE_H_

#include <string>
#include <vector>

#include "src/learn/trace.h"
#include "tests/support/random_policy.h"

namespace qsbx::testing {

// A call with all its arguments, and who makes it.
struct RandomCall {
  std::string role;
  int number;
  Arguments arguments;
};

// Of few calls, roles and values, so that many are alike but for one argument; with rubbish in bits
// that do not count.
RandomCall random_traced_call(Random& random, Architecture architecture);

void add(Trace& trace, Phase phase, const RandomCall& call, uint64_t times = 1);

// With a head, and calls of both phases.
Trace random_trace(Random& random, Architecture architecture);

}  // namespace qsbx::testing

#endif
