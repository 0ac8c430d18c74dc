// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/policy/strict_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/policy/algebra.h"
#include "tests/policy/random_policy.h"

namespace qsbx {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr Architecture kBoth[] = {Architecture::kX86_64, Architecture::kAarch64};

Origin at(int line) { return {"h", "h.profile", line}; }

int number_of(const char* name, Architecture architecture = Architecture::kX86_64) {
  return find_syscall(architecture, name)->number;
}

Policy granting(const std::vector<const char*>& names) {
  Policy policy(Architecture::kX86_64);
  int line = 0;
  for (const char* name : names) {
    policy.grant(number_of(name), {Expression::always(), at(++line)});
  }
  return policy;
}

Expression first_argument_is(uint64_t value) {
  return Expression::compare({0, 32, false, UINT64_MAX}, Comparator::kEqual, value);
}

std::string complaint(const Policy& policy) {
  const Status status = check_strict(policy);
  return status.ok() ? "" : status.error().message;
}

TEST(StrictPolicy, HasFourCallsOnEachArchitecture) {
  for (const Architecture architecture : kBoth) {
    const Policy strict = strict_policy(architecture);
    EXPECT_EQ(strict.calls().size(), 4U);
    for (const char* name : {"read", "write", "exit", "rt_sigreturn"}) {
      const auto call = strict.calls().find(number_of(name, architecture));
      ASSERT_NE(call, strict.calls().end()) << name;
      EXPECT_TRUE(call->second.is_unconditional()) << name;
    }
    EXPECT_TRUE(check_strict(strict).ok());
    EXPECT_TRUE(granted_only_by_strict(strict)->empty());
  }
}

TEST(StrictPolicy, APolicyOfFewerCallsFits) {
  EXPECT_EQ(complaint(granting({"read", "write"})), "");
  EXPECT_EQ(complaint(Policy(Architecture::kX86_64)), "");
}

TEST(StrictPolicy, WhatAPolicyNeedsMoreIsNamedWithItsRules) {
  Policy policy = granting({"read", "openat", "close"});
  policy.grant(number_of("openat"), {first_argument_is(3), at(9)});
  EXPECT_EQ(complaint(policy),
            "strict mode has read, write, exit and rt_sigreturn alone, and this policy needs more: "
            "close (h.profile:3), openat (h.profile:2, h.profile:9); leave these out, or use the "
            "backend bitmask or filter");
}

TEST(StrictPolicy, ExitGroupHasAnAnswer) {
  EXPECT_THAT(complaint(granting({"exit_group"})), HasSubstr("qsbx_strict_exit() does not"));
  EXPECT_THAT(complaint(granting({"close"})), Not(HasSubstr("qsbx_strict_exit()")));
}

TEST(StrictPolicy, AnErrnoIsMoreThanStrictModeHas) {
  Policy policy = granting({"read"});
  ASSERT_TRUE(policy.refuse(number_of("clone3"), {38, at(7)}).ok());
  EXPECT_THAT(complaint(policy), HasSubstr("clone3 failing with ENOSYS (h.profile:7)"));
}

TEST(StrictPolicy, WhatStrictModeLetsThroughBeyondThePolicyIsFound) {
  Policy policy = granting({"write", "exit"});
  policy.grant(number_of("read"), {first_argument_is(0), at(9)});
  EXPECT_EQ(complaint(policy), "");
  EXPECT_EQ(*granted_only_by_strict(policy),
            (std::vector<int>{number_of("read"), number_of("rt_sigreturn")}));
  ASSERT_TRUE(policy.refuse(number_of("read"), {9, at(10)}).ok());
  EXPECT_EQ(complaint(policy), "") << "a call that strict mode has does not fail there";
  EXPECT_EQ(granted_only_by_strict(policy)->size(), 2U);
}

TEST(StrictPolicy, FitsExactlyWhatItContains) {
  RandomPolicies random{test_seed()};
  const Policy strict = strict_policy(Architecture::kX86_64);
  int fits = 0;
  for (int round = 0; round < 300; ++round) {
    const Policy drawn = random.policy();
    const Policy policy = round % 2 == 0 ? drawn : *intersection(drawn, strict);
    const bool contained = !granted_only_by(policy, strict)->has_value();
    const bool alike = refused_differently(policy, strict)->empty();
    EXPECT_EQ(complaint(policy).empty(), contained && alike);
    EXPECT_EQ(granted_only_by_strict(policy)->empty(),
              !granted_only_by(strict, policy)->has_value());
    fits += complaint(policy).empty() ? 1 : 0;
  }
  EXPECT_GT(fits, 20);
  EXPECT_LT(fits, 280);
}

}  // namespace
}  // namespace qsbx
