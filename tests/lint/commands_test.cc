// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lint/commands.h"

#include <gtest/gtest.h>

#include "tests/lint/lint_of.h"

namespace qsbx {
namespace {

std::string message_of(const std::string& condition) {
  const Findings findings = lint_of("ioctl: " + condition + "  # a reason\n");
  if (findings.empty()) return "nothing";
  EXPECT_EQ(findings.size(), 1U) << condition;
  return findings[0].diagnostic.id + " " + findings[0].diagnostic.message;
}

TEST(Commands, AllOfThem) {
  EXPECT_EQ(message_of("1"), "QSBX-341 ioctl: every command of every driver");
  EXPECT_EQ(message_of("fd == 5"), "QSBX-341 ioctl: every command of every driver");
  EXPECT_EQ(message_of("fd == 5 || cmd == TCGETS"),
            "QSBX-341 ioctl: every command of every driver");
  EXPECT_EQ(message_of("!(fd == 5)"), "QSBX-341 ioctl: every command of every driver");
  EXPECT_EQ(message_of("fd == 5 && cmd == TCGETS"), "nothing");
}

TEST(Commands, AClassOfThem) {
  EXPECT_NE(message_of("_IOC_TYPE(cmd) == 'T'").find("QSBX-342 ioctl: lets 16777216 commands"),
            std::string::npos);
  EXPECT_NE(message_of("(cmd & 0xff) == 0x01").find("lets 16777216 commands through"),
            std::string::npos);
  EXPECT_NE(message_of("cmd in { 0x5000..0x5fff }")
                .find("lets 4096 commands through, of which more than 16 have no name"),
            std::string::npos);
  EXPECT_NE(message_of("cmd != TCGETS").find("lets 4294967295 commands through"),
            std::string::npos);
  EXPECT_EQ(message_of("_IOC_TYPE(cmd) == 0x54 && _IOC_NR(cmd) == 1 && _IOC_SIZE(cmd) == 0 && "
                       "_IOC_DIR(cmd) == _IOC_NONE"),
            "nothing");
}

TEST(Commands, Numbers) {
  EXPECT_EQ(message_of("cmd == 0x5401"), "QSBX-343 ioctl: 0x5401 is TCGETS");
  EXPECT_EQ(message_of("cmd in { TCSETS, 0x5401 }"), "QSBX-343 ioctl: 0x5401 is TCGETS");
  EXPECT_EQ(message_of("cmd == 0x12345678"),
            "QSBX-343 ioctl: commands that have no name in the tables");
  EXPECT_EQ(message_of("cmd in { TCSETS, TCGETS }"), "nothing");
}

TEST(Commands, NumbersOfOtherArgumentsAndOfParts) {
  EXPECT_EQ(message_of("fd == 44672 && cmd == KVM_RUN"), "nothing");
  EXPECT_EQ(message_of("cmd in { TCGETS, TCSETS } && arg == 0x5401"), "nothing");
  EXPECT_EQ(message_of("(cmd & 0xffffffff) == TCGETS"), "nothing");
}

TEST(Commands, NumbersOfMoreThanOneWord) {
  EXPECT_EQ(message_of("cmd == (0x5400 | 1)"), "QSBX-343 ioctl: 0x5401 is TCGETS");
  EXPECT_EQ(message_of("!(cmd != 0x54 << 8 | 1)"), "QSBX-343 ioctl: 0x5401 is TCGETS");
  EXPECT_EQ(message_of("cmd in { 0x5401..0x5401, TCSETS }"), "QSBX-343 ioctl: 0x5401 is TCGETS");
  EXPECT_EQ(message_of("cmd in { 0x5401..TCGETS }"), "QSBX-343 ioctl: 0x5401 is TCGETS");
}

TEST(Commands, EveryNumberIsTold) {
  const Findings findings = lint_of("ioctl: cmd in { 0x5401, 0x5402, 0x12345678 }  # a reason\n");
  ASSERT_EQ(open_ones(findings), "1:QSBX-343 1:QSBX-343 1:QSBX-343");
  EXPECT_EQ(findings[0].diagnostic.message, "ioctl: 0x5401 is TCGETS");
  EXPECT_EQ(findings[1].diagnostic.message, "ioctl: 0x5402 is TCSETS");
  EXPECT_EQ(findings[2].diagnostic.message, "ioctl: commands that have no name in the tables");
}

TEST(Commands, OfARuleThatGrantsNothing) { EXPECT_EQ(message_of("0"), "nothing"); }

}  // namespace
}  // namespace qsbx
