// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/syscalls/table_name.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace qsbx {
namespace {

static_assert(!std::is_copy_constructible_v<TableName<4>>);
static_assert(!std::is_copy_assignable_v<TableName<4>>);

TEST(TableName, MayFillItsRoom) {
  static constexpr TableName<4> kName("read");
  EXPECT_EQ(std::string_view(kName), "read");
  EXPECT_FALSE(kName.empty());
}

TEST(TableName, IsComparedAsTheTextThatItIs) {
  static constexpr TableName<8> kName("read");
  static constexpr TableName<8> kSame("read");
  static constexpr TableName<8> kNone("");
  EXPECT_EQ(kName, kSame);
  EXPECT_EQ("read", kName);
  EXPECT_NE(kName, "readv");
  EXPECT_NE(kName, kNone);
  EXPECT_TRUE(kNone.empty());
}

}  // namespace
}  // namespace qsbx
