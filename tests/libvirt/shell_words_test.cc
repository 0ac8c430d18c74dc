// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/shell_words.h"

#include <gtest/gtest.h>

namespace qsbx {
namespace {

TEST(ShellWords, PlainNamesStayAsTheyAre) {
  EXPECT_EQ(as_last_argument("web-1.example_a+b"), "web-1.example_a+b");
}

TEST(ShellWords, OthersAreQuoted) {
  EXPECT_EQ(as_last_argument("a&b<c'd"), R"('a&b<c'\''d')");
  EXPECT_EQ(as_last_argument("web server"), "'web server'");
  EXPECT_EQ(as_last_argument("x;reboot"), "'x;reboot'");
  EXPECT_EQ(as_last_argument(""), "''");
}

TEST(ShellWords, NoneIsAnOption) {
  EXPECT_EQ(as_last_argument("-dash"), "-- -dash");
  EXPECT_EQ(as_last_argument("-a b"), "-- '-a b'");
}

}  // namespace
}  // namespace qsbx
