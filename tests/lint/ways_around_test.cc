// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lint/ways_around.h"

#include <gtest/gtest.h>

#include "tests/lint/lint_of.h"

namespace qsbx {
namespace {

TEST(WaysAround, AConditionIsVoidWhereAnotherCallDoesTheSame) {
  const Findings findings = lint_of("# reads\nsendto: addr_len == 0\nsendmsg: 1\n");
  ASSERT_EQ(open_ones(findings), "3:QSBX-332");
  EXPECT_EQ(
      findings[0].diagnostic.message,
      "sendmsg is granted whatever its arguments, and does what sendto does: the condition at "
      "f:2 is void");
}

TEST(WaysAround, BothConditionsOrNoneIsNoQuestion) {
  EXPECT_EQ(open_ones(lint_of("# reads\nsendto: addr_len == 0\nsendmsg: fd == 3\n")), "");
  EXPECT_EQ(open_ones(lint_of("# reads\n{ sendto, sendmsg }: 1\n")), "");
  EXPECT_EQ(open_ones(lint_of("# reads\nsendto: 0 else EPERM\nsendmsg: 1\n")), "");
}

TEST(WaysAround, SeveralRulesForOneCallAreTakenTogether) {
  EXPECT_EQ(
      open_ones(lint_of("# reads\nsendto: addr_len == 0\nsendmsg: fd == 3\nsendmsg: fd != 3\n")),
      "3:QSBX-332 4:QSBX-332");
  EXPECT_EQ(
      open_ones(lint_of("# reads\nsendto: addr_len == 0\nsendto: addr_len != 0\nsendmsg: 1\n")),
      "");
}

TEST(WaysAround, ThreadsOfOneRoleAreLookedAtTogether) {
  EXPECT_EQ(open_ones(lint_of("# reads\nsendto: addr_len == 0\n[main]\nsendmsg: fd == 3\n"
                              "[vcpu]\nsendmsg: fd != 3\n")),
            "");
  EXPECT_EQ(open_ones(lint_of("# reads\n[main]\nsendto: addr_len == 0\n[vcpu]\nsendmsg: 1\n")), "");
  EXPECT_EQ(open_ones(lint_of("# reads\nsendto: addr_len == 0\n[vcpu]\nsendmsg: 1\n")),
            "4:QSBX-332");
  EXPECT_EQ(
      open_ones(lint_of("# reads\n[main]\nsendto: addr_len == 0\n[main, vcpu]\nsendmsg: 1\n")),
      "5:QSBX-332");
}

TEST(WaysAround, OfFamiliesOfCalls) {
  for (const auto& [guarded, around] : {std::pair("sendmsg: flags == 0", "sendmmsg"),
                                        {"recvmsg: flags == 0", "recvfrom"},
                                        {"accept4: flags == 0", "accept"},
                                        {"preadv: fd == 3", "preadv2"},
                                        {"pwritev: fd == 3", "pwritev2"},
                                        {"faccessat: mode == 0", "faccessat2"}}) {
    const std::string rules = std::string("# reads\n") + guarded + "\n" + around + ": 1\n";
    EXPECT_EQ(open_ones(lint_of(rules)), "3:QSBX-332") << rules;
  }
}

TEST(WaysAround, AreFoundBetweenProfiles) {
  const Findings findings = lint_of(std::map<std::string, std::string>{
      {"a.profile", "profile a\n# reads\nsendto: addr_len == 0\n"},
      {"b.profile", "profile b\n# reads\nsendmsg: 1\n"}});
  ASSERT_EQ(open_ones(findings), "3:QSBX-332");
  EXPECT_EQ(findings[0].diagnostic.where.file, "b.profile");
}

}  // namespace
}  // namespace qsbx
