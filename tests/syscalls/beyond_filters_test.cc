// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/syscalls/beyond_filters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(BeyondFilters, UnfilteredCalls) {
  EXPECT_THAT(unfiltered_calls(Architecture::kX86_64), ElementsAre(335, 336));
  EXPECT_THAT(unfiltered_calls(Architecture::kAarch64), IsEmpty());
  EXPECT_TRUE(is_unfiltered(Architecture::kX86_64, 335));
  EXPECT_FALSE(is_unfiltered(Architecture::kX86_64, 334));
  EXPECT_FALSE(is_unfiltered(Architecture::kAarch64, 335));
}

TEST(BeyondFilters, EachKindHasASentence) {
  const auto text = [](const char* call) {
    return describe_beyond_filters(Architecture::kX86_64, call);
  };
  EXPECT_THAT(text("uprobe"), HasSubstr("uprobe runs on recent kernels whatever a filter says"));
  EXPECT_THAT(text("io_uring_enter"), HasSubstr("no filter sees it"));
  EXPECT_THAT(text("clock_gettime"), HasSubstr("vDSO"));
  EXPECT_EQ(text("read"), "");
  EXPECT_EQ(describe_beyond_filters(Architecture::kAarch64, "getcpu"), "");
}

// A name that is misspelt would say nothing, silently.
TEST(BeyondFilters, EveryCallOfTheListExists) {
  size_t found = 0;
  for (const Architecture architecture : {Architecture::kX86_64, Architecture::kAarch64}) {
    for (const Syscall& call : syscalls(architecture)) {
      found += beyond_filters(architecture, call.name) == BeyondFilters::kNothing ? 0 : 1;
    }
  }
  EXPECT_EQ(found, 18U);
}

}  // namespace
}  // namespace qsbx
