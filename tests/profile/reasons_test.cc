// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/profile/reasons.h"

#include <gtest/gtest.h>

namespace qsbx {
namespace {

Profile parsed(const std::string& text, Architecture architecture = Architecture::kX86_64) {
  const auto profile = parse_profile(text, "f", architecture, true);
  EXPECT_TRUE(profile.ok()) << profile.error().to_string();
  return profile.ok() ? *profile : Profile{};
}

// With a blank between them; "-" where there is none.
std::string reasons_of(const std::string& text) {
  std::string all;
  for (const Rule& rule : parsed(text).rules) {
    all += (all.empty() ? "" : "|") + (rule.reason.empty() ? "-" : rule.reason);
  }
  return all;
}

TEST(Comments, AreKeptWithTheirPlaces) {
  const Profile profile =
      parsed("#one\r\nread: (fd == 1  #\ttwo  \n)\nwrite: fd == '#'   # 'three'");
  ASSERT_EQ(profile.comments.size(), 3U);
  EXPECT_EQ(profile.comments[0].text, "one");
  EXPECT_TRUE(profile.comments[0].stands_alone);
  EXPECT_EQ(profile.comments[1].text, "two");
  EXPECT_EQ(profile.comments[1].line, 2);
  EXPECT_EQ(profile.comments[1].column, 17);
  EXPECT_FALSE(profile.comments[1].stands_alone);
  EXPECT_EQ(profile.comments[2].text, "'three'");
}

TEST(Comments, HoldNothingThatChangesATerminal) {
  EXPECT_EQ(parsed("brk: 1 # a\x1b[2J\x7f \xc3\xa9\n").comments.at(0).text, "a [2J  \xc3\xa9");
}

// A word is read anew where it has been looked at as a token.
TEST(Comments, AreReadOnce) {
  const Profile profile =
      parsed("applies to device a-b, c*  # a\n[main]  # b\nphase run # c\n# d\n");
  EXPECT_EQ(profile.comments.size(), 4U);
}

TEST(Reasons, StandOnTheRuleOrAboveIt) {
  EXPECT_EQ(reasons_of("read: 1 # a\n"), "a");
  EXPECT_EQ(reasons_of("# a\n# b\nread: 1\nwrite: 1 # c\nlseek: 1\n"), "a b|c|a b");
  EXPECT_EQ(reasons_of("# a\nread: 1\n# b\nwrite: 1\n"), "a|b");
  EXPECT_EQ(reasons_of("# a\n\nread: 1\n"), "-");
  EXPECT_EQ(reasons_of("# a\nread: 1\n\nwrite: 1\n"), "a|-");
  EXPECT_EQ(reasons_of("# a\n[main]\nread: 1\n"), "a");
  EXPECT_EQ(reasons_of("# a\nphase run\nread: 1\n"), "-");
  EXPECT_EQ(reasons_of("read: fd in { 1,  # a\n  # b\n  2 }\n"), "a b");
  EXPECT_EQ(reasons_of("read: 1\n# a\n"), "-");
}

TEST(Reasons, AreNotTheLicence) {
  EXPECT_EQ(reasons_of("# SPDX-License-Identifier: MIT\nread: 1\n"), "-");
  EXPECT_EQ(reasons_of("# SPDX-License-Identifier: MIT\n# a\nread: 1\n"), "a");
  EXPECT_EQ(parsed("# SPDX-License-Identifier: MIT\n# a\n\nread: 1\n").about, "a");
}

TEST(Reasons, SaySomethingByAWord) {
  for (const char* reason : {"images", "9p: it", "\xc3\xa9"}) {
    EXPECT_TRUE(says_something(reason)) << reason;
  }
  for (const char* reason : {"", ".", "-- 42", "a b c"}) {
    EXPECT_FALSE(says_something(reason)) << reason;
  }
}

TEST(Reasons, AreAnswersOnlyWhereThereIsNoOther) {
  EXPECT_EQ(reasons_of("# lint QSBX-322: x\nread: 1\nwrite: 1\n"), "lint QSBX-322: x|-");
  EXPECT_EQ(reasons_of("# a\n# lint QSBX-322: x\nread: 1\nwrite: 1 # lint QSBX-322: x\n"), "a|a");
}

TEST(Reasons, OfRulesThatMeanNothingHereEndNoParagraph) {
  const Profile profile = parsed("# a\nstat: 1\nfstat: 1\n", Architecture::kAarch64);
  ASSERT_EQ(profile.rules.size(), 1U);
  EXPECT_EQ(profile.rules[0].reason, "a");
}

TEST(Reasons, AreCutWhereTheyAreLong) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "# why\n";
  EXPECT_LE(reasons_of(text + "read: 1\n").size(), 1000U);
}

TEST(Rules, KnowTheirLinesAndTheirText) {
  const Profile profile = parsed("# a\n# b\nread: fd in { 1,\n  2 }   # c\n    && count == 1\n");
  ASSERT_EQ(profile.rules.size(), 1U);
  EXPECT_EQ(profile.rules[0].comments_start, 1);
  EXPECT_EQ(profile.rules[0].where.line, 3);
  EXPECT_EQ(profile.rules[0].last_line, 5);
  EXPECT_EQ(profile.rules[0].text, "read: fd in { 1,\n  2 }   # c\n    && count == 1");
}

TEST(Profiles, SayAtTheirHeadWhatTheyAreFor) {
  const auto about = [](const std::string& text) {
    return parse_profile(text, "f", Architecture::kX86_64)->about;
  };
  EXPECT_EQ(about("# a\n# b\nprofile x\n# c\n"), "a b");
  EXPECT_EQ(about("# a\n\n# b\nprofile x\n"), "a");
  EXPECT_EQ(about("profile x\n# c\n"), "");
}

}  // namespace
}  // namespace qsbx
