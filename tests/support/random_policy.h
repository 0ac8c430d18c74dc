// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Policies and calls made at random, for tests that hold one part of the chain against another.
#ifndef QSBX_TESTS_SUPPORT_RANDOM_POLICY_H_
#define QSBX_TESTS_SUPPORT_RANDOM_POLICY_H_

#include <linux/seccomp.h>

#include <random>
#include <vector>

#include "src/policy/policy.h"

namespace qsbx::testing {

using Random = std::mt19937_64;

// From $QSBX_TEST_SEED, or the clock; prints itself, so that a failure can be repeated.
uint64_t test_seed();

Expression random_expression(Random& random, const Syscall& call, int depth);
Policy random_policy(Random& random, Architecture architecture, int calls);

// Calls near what the policy looks at: its numbers and their neighbours, its constants and theirs,
// with and without rubbish in the bits that do not count, other architectures and the x32 ABI.
struct seccomp_data random_call(Random& random, const Policy& policy);

Call as_call(const struct seccomp_data& data);
struct seccomp_data as_data(const Call& call);

}  // namespace qsbx::testing

#endif
