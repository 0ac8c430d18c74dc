// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/policy/policy.h"

#include <errno.h>
#include <gtest/gtest.h>
#include <linux/seccomp.h>

#include "src/policy/actions.h"
#include "src/policy/algebra.h"
#include "tests/support/random_policy.h"

namespace qsbx {
namespace {

using testing::Random;

constexpr Architecture kNative = Architecture::kX86_64;
constexpr int kRead = 0;
constexpr int kWrite = 1;
constexpr int kClone3 = 435;

Call call_to(int number, Arguments arguments = {}) {
  return {audit_architecture(kNative), number, arguments};
}

Expression fd_is(uint64_t fd) {
  return Expression::compare({0, 32, false, ~uint64_t{0}}, Comparator::kEqual, fd);
}

Origin line(int number) { return {"test", "test.profile", number}; }

TEST(Policy, AnEmptyPolicyDeniesEverything) {
  const Policy policy(kNative);
  EXPECT_TRUE(policy.empty());
  for (int number = -1; number < 600; number++) {
    EXPECT_EQ(evaluate(policy, call_to(number)).verdict, Verdict::kDeny);
  }
}

TEST(Policy, ASecondGrantAddsAndNeverReplaces) {
  Policy policy(kNative);
  policy.grant(kRead, {fd_is(3), line(1)});
  policy.grant(kRead, {fd_is(4), line(2)});
  EXPECT_EQ(evaluate(policy, call_to(kRead, {3})).origin->line, 1);
  EXPECT_EQ(evaluate(policy, call_to(kRead, {4})).origin->line, 2);
  EXPECT_EQ(evaluate(policy, call_to(kRead, {5})).verdict, Verdict::kDeny);
}

TEST(Policy, NeverIsNoGrant) {
  Policy policy(kNative);
  policy.grant(kRead, {Expression::never(), line(1)});
  EXPECT_TRUE(policy.empty());
}

TEST(Policy, RefusalsApplyWhereNoGrantDoes) {
  Policy policy(kNative);
  policy.grant(kWrite, {fd_is(2), line(1)});
  ASSERT_TRUE(policy.refuse(kWrite, {ENOSYS, line(2)}).ok());
  EXPECT_EQ(evaluate(policy, call_to(kWrite, {2})).verdict, Verdict::kAllow);
  const Decision refused = evaluate(policy, call_to(kWrite, {3}));
  EXPECT_EQ(refused.verdict, Verdict::kErrno);
  EXPECT_EQ(refused.error, ENOSYS);
  EXPECT_EQ(refused.origin->line, 2);
}

TEST(Policy, TwoErrnosForOneCallAreAnErrorThatNamesBothRules) {
  Policy policy(kNative);
  ASSERT_TRUE(policy.refuse(kClone3, {ENOSYS, line(1)}).ok());
  ASSERT_TRUE(policy.refuse(kClone3, {ENOSYS, line(5)}).ok());
  const Status status = policy.refuse(kClone3, {EPERM, line(2)});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message,
            "clone3 fails with ENOSYS by test.profile:1 and with EPERM by test.profile:2; profiles "
            "that are joined must agree");
}

TEST(Policy, OtherArchitecturesAndAbisAreDenied) {
  Policy policy(kNative);
  policy.grant(kRead, {Expression::always(), line(1)});
  EXPECT_EQ(evaluate(policy, call_to(kRead)).verdict, Verdict::kAllow);
  EXPECT_EQ(evaluate(policy, call_to(kRead | static_cast<int>(kX32Bit))).verdict, Verdict::kDeny);
  EXPECT_EQ(evaluate(policy, {0x40000003, kRead}).verdict, Verdict::kDeny);
}

TEST(Policy, ModesTurnDecisionsIntoActions) {
  Policy policy(kNative);
  policy.grant(kRead, {Expression::always(), line(1)});
  ASSERT_TRUE(policy.refuse(kClone3, {ENOSYS, line(2)}).ok());
  const Actions enforce = actions_for(Mode::kEnforce);
  EXPECT_EQ(action_of(policy, enforce, call_to(kRead)), SECCOMP_RET_ALLOW);
  EXPECT_EQ(action_of(policy, enforce, call_to(kWrite)), SECCOMP_RET_TRAP);
  EXPECT_EQ(action_of(policy, enforce, call_to(kClone3)), SECCOMP_RET_ERRNO | ENOSYS);
  EXPECT_EQ(action_of(policy, enforce, call_to(-1)), SECCOMP_RET_KILL_PROCESS);
  EXPECT_EQ(action_of(policy, enforce, {0x40000003, kRead}), SECCOMP_RET_KILL_PROCESS);
  const Actions audit = actions_for(Mode::kAudit);
  EXPECT_EQ(action_of(policy, audit, call_to(kWrite)), SECCOMP_RET_USER_NOTIF);
  EXPECT_EQ(action_of(policy, audit, call_to(kClone3)), SECCOMP_RET_ALLOW);
}

TEST(Policy, RefusalsThatAreReportedTrapWithTheirErrno) {
  Policy policy(kNative);
  ASSERT_TRUE(policy.refuse(kWrite, {EACCES, line(1)}).ok());
  ASSERT_TRUE(policy.refuse(kWrite, {EACCES, line(2), true}).ok());
  ASSERT_TRUE(policy.refuse(kWrite, {EACCES, line(3)}).ok());
  EXPECT_EQ(policy.calls().at(kWrite).refusal->origin.line, 1);
  EXPECT_EQ(action_of(policy, actions_for(Mode::kEnforce), call_to(kWrite)),
            SECCOMP_RET_TRAP | EACCES);
  EXPECT_EQ(action_of(policy, actions_for(Mode::kErrno), call_to(kWrite)),
            SECCOMP_RET_TRAP | EACCES);
  EXPECT_EQ(action_of(policy, actions_for(Mode::kAudit), call_to(kWrite)), SECCOMP_RET_USER_NOTIF);
}

// Equal in what they grant and in what they remember.
::testing::AssertionResult same(const Policy& a, const Policy& b) {
  const Result<bool> equal_meaning = equal(a, b);
  if (!equal_meaning || !*equal_meaning) return ::testing::AssertionFailure() << "other meaning";
  for (const auto& [number, call] : a.calls()) {
    const CallPolicy& other = b.calls().at(number);
    if (call.grants.size() != other.grants.size()) {
      return ::testing::AssertionFailure() << "other grants of " << number;
    }
    for (size_t i = 0; i < call.grants.size(); i++) {
      if (call.grants[i].origin != other.grants[i].origin) {
        return ::testing::AssertionFailure() << "other origin of " << number;
      }
    }
  }
  return ::testing::AssertionSuccess();
}

Policy joined(const Policy& a, const Policy& b) {
  Result<Policy> result = join(a, b);
  EXPECT_TRUE(result.ok());
  return *result;
}

TEST(Policy, JoiningHasNoOrder) {
  Random random(testing::test_seed());
  for (int round = 0; round < 60; round++) {
    const Policy a = testing::random_policy(random, kNative, 15);
    const Policy b = testing::random_policy(random, kNative, 15);
    const Policy c = testing::random_policy(random, kNative, 15);
    EXPECT_TRUE(same(joined(a, b), joined(b, a)));
    EXPECT_TRUE(same(joined(joined(a, b), c), joined(a, joined(b, c))));
    EXPECT_TRUE(same(joined(a, a), a));
    const Result<std::optional<Call>> lost = granted_only_by(a, joined(a, b));
    ASSERT_TRUE(lost.ok());
    EXPECT_FALSE(lost->has_value()) << "joining took a grant away";
  }
}

// The text of a condition does not show how many bits of the register it looks at.
TEST(Policy, GrantsOfOneLineThatReadAlikeStayTwo) {
  Policy policy(Architecture::kX86_64);
  const Origin origin = {"p", "p.profile", 1};
  for (const uint8_t bits : {16, 64, 64}) {
    policy.grant(
        0, {Expression::compare({0, bits, false, UINT64_MAX}, Comparator::kEqual, 1), origin});
  }
  EXPECT_EQ(policy.calls().at(0).grants.size(), 2U);
  const uint32_t native = audit_architecture(Architecture::kX86_64);
  EXPECT_EQ(evaluate(policy, {native, 0, {0x10001}}).verdict, Verdict::kAllow);
}

}  // namespace
}  // namespace qsbx
