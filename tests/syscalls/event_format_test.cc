// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/syscalls/event_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace qsbx {
namespace {

using ::testing::ElementsAre;

constexpr char kOpen[] =
    "name: sys_enter_open\n"
    "ID: 799\n"
    "format:\n"
    "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
    "\n"
    "\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n"
    "\tfield:const char * filename;\toffset:16;\tsize:8;\tsigned:0;\n"
    "\tfield:int flags;\toffset:24;\tsize:8;\tsigned:0;\n"
    "\tfield:__data_loc char[] __filename_val;\toffset:32;\tsize:4;\tsigned:0;\n"
    "\n"
    "print fmt: \"filename: 0x%08lx\", ((unsigned long)(REC->filename))\n";

TEST(EventFormat, FieldsOfACall) {
  const auto format = read_event_format(kOpen);
  ASSERT_TRUE(format);
  EXPECT_EQ(format->name, "sys_enter_open");
  EXPECT_EQ(format->id, 799u);
  EXPECT_THAT(argument_fields(*format),
              ElementsAre(EventField{"const char *", "filename", 16, 8, false},
                          EventField{"int", "flags", 24, 8, false}));
}

TEST(EventFormat, AnArrayIsCalledByItsName) {
  const auto format = read_event_format(
      "name: sys_enter\nID: 443\n\tfield:unsigned long "
      "args[6];\toffset:16;\tsize:48;\tsigned:0;\n");
  ASSERT_TRUE(format);
  ASSERT_NE(format->find("args"), nullptr);
  EXPECT_EQ(format->find("args")->size, 48u);
  EXPECT_EQ(format->find("id"), nullptr);
  EXPECT_TRUE(argument_fields(*format).empty());
}

TEST(EventFormat, OtherTextIsNone) {
  for (const char* text :
       {"", "name: x\n", "name: x\nID: 1\n", "ID: 1\n\tfield:int a;\toffset:x;"}) {
    EXPECT_FALSE(read_event_format(text)) << text;
  }
}

TEST(EventFormat, EntryPointsWithOtherNames) {
  EXPECT_THAT(event_names("fstat"), ElementsAre("sys_enter_newfstat", "sys_enter_fstat"));
  EXPECT_THAT(event_names("read"), ElementsAre("sys_enter_read"));
}

}  // namespace
}  // namespace qsbx
