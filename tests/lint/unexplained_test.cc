// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lint/unexplained.h"

#include <gtest/gtest.h>

#include "tests/lint/lint_of.h"

namespace qsbx {
namespace {

TEST(Unexplained, ACallThatReachesOutsideNeedsAReason) {
  const Findings findings = lint_of("{ pread64, lseek }: 1\n");
  ASSERT_EQ(open_ones(findings), "1:QSBX-392");
  EXPECT_EQ(findings[0].diagnostic.message,
            "lseek and others reach outside the process, and nothing says why");
  EXPECT_EQ(open_ones(lint_of("pread64: 1    # images\n")), "");
  EXPECT_EQ(open_ones(lint_of("# images\npread64: 1\n")), "");
}

TEST(Unexplained, WhatStaysInsideNeedsNone) {
  EXPECT_EQ(open_ones(lint_of("{ brk, poll, getpid }: 1\n")), "");
  EXPECT_EQ(open_ones(lint_of("openat: 0 else EACCES\n")), "");
  EXPECT_TRUE(stays_inside("munmap"));
  EXPECT_FALSE(stays_inside("read"));
  // Shared memory, shared files, other processes by their number.
  for (const char* call :
       {"futex", "madvise", "membarrier", "get_robust_list", "sched_getaffinity"})
    EXPECT_FALSE(stays_inside(call)) << call;
}

TEST(Unexplained, AReasonHasAWord) {
  for (const char* comment : {".", "-", "42", "!?", "x", "SPDX-License-Identifier: MIT"}) {
    const std::string text = comment;
    EXPECT_EQ(open_ones(lint_of("pread64: 1  # " + text + "\n")), "1:QSBX-392") << text;
    EXPECT_EQ(open_ones(lint_of("# " + text + "\npread64: 1\n")), "2:QSBX-392") << text;
    EXPECT_EQ(open_ones(lint_of(std::map<std::string, std::string>{
                  {"a.profile", "# " + text + "\nprofile a\n\npread64: 1\n"}})),
              "4:QSBX-392")
        << text;
  }
  EXPECT_EQ(open_ones(lint_of("pread64: 1  # 9p\xc3\xa9\n")), "") << "letters of other scripts";
  EXPECT_EQ(open_ones(lint_of("# SPDX-License-Identifier: MIT\n# images\npread64: 1\n")), "");
}

TEST(Unexplained, ACommentIsForItsParagraph) {
  EXPECT_EQ(open_ones(lint_of("# images\npread64: 1\nlseek: 1\n")), "");
  EXPECT_EQ(open_ones(lint_of("# images\npread64: 1\n\nlseek: 1\n")), "4:QSBX-392");
  EXPECT_EQ(open_ones(lint_of("brk: 1\n# images\n\npread64: 1\n")), "4:QSBX-392");
  EXPECT_EQ(open_ones(lint_of("# images\n[main]\npread64: 1\n[all]\nlseek: 1\n")), "");
  EXPECT_EQ(open_ones(lint_of("brk: 1\n# images\nphase run\npread64: 1\n")), "4:QSBX-392");
  EXPECT_EQ(open_ones(lint_of("pread64: 1\n# images\n")), "1:QSBX-392");
  EXPECT_EQ(open_ones(lint_of("pread64: fd in {\n  3,   # images\n  4 }\n")), "");
  EXPECT_EQ(open_ones(lint_of("pread64: 1  #\n")), "1:QSBX-392") << "it says nothing";
}

TEST(Unexplained, TheHeadOfAProfileIsTheReasonOfASingleRule) {
  const std::string head = "# Images.\nprofile a\n\nbrk: 1\n\npread64: 1\n";
  const auto lint_profile = [](const std::string& text) {
    return open_ones(lint_of(std::map<std::string, std::string>{{"a.profile", text}}));
  };
  EXPECT_EQ(lint_profile(head), "");
  EXPECT_EQ(lint_profile(head + "lseek: 1\n"), "6:QSBX-392 7:QSBX-392");
  EXPECT_EQ(lint_profile("profile a\n\npread64: 1\n"), "3:QSBX-392");
  EXPECT_EQ(lint_profile("profile a\n# Images.\n\npread64: 1\n"), "4:QSBX-392");
}

// A rule that means nothing on one architecture is in the paragraph all the same.
TEST(Unexplained, ParagraphsAreThoseOfTheText) {
  EXPECT_EQ(open_ones(lint_of("# names\nstat: 1\nfstat: 1\n")), "");
}

}  // namespace
}  // namespace qsbx
