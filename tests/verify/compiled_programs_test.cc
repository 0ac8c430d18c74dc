// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include "src/compile/compile.h"
#include "src/verify/verify.h"
#include "tests/policy/random_policy.h"

namespace qsbx {
namespace {

TEST(CompiledPrograms, AreProven) {
  RandomPolicies random(test_seed());
  for (int round = 0; round < 300; ++round) {
    const Policy policy = random.policy(3);
    if (policy.empty()) continue;
    const Actions actions = actions_for(round % 2 == 0 ? Mode::kErrno : Mode::kAudit);
    const auto program = compile(policy, actions);
    ASSERT_TRUE(program.ok()) << program.error().message;
    const auto verified = verify(*program, policy, actions);
    ASSERT_TRUE(verified.ok()) << verified.error().message;
  }
}

}  // namespace
}  // namespace qsbx
