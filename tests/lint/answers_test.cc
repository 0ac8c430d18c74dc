// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lint/answers.h"

#include <gtest/gtest.h>

#include "tests/lint/lint_of.h"

namespace qsbx {
namespace {

TEST(Answers, AreReadFromComments) {
  const auto answer = read_answer({1, 1, "lint QSBX-302: the JIT: maps once", true});
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->ids, std::vector<std::string>{"QSBX-302"});
  EXPECT_EQ(answer->reason, "the JIT: maps once");
  const auto two = read_answer({1, 1, "lint QSBX-302,  QSBX-341 :why", true});
  ASSERT_TRUE(two.has_value());
  EXPECT_EQ(two->ids, (std::vector<std::string>{"QSBX-302", "QSBX-341"}));
  for (const char* text :
       {"lint QSBX-302", "lint QSBX-302:", "lint QSBX-302:  ", "lint QSBX-302: .",
        "lint QSBX-302: 1", "lint QSBX-: why", "lint QSBX-302, : why",
        "lint QSBX-302 QSBX-341: why", "lint QSBX-3o2: why"}) {
    EXPECT_FALSE(read_answer({1, 1, text, true}).has_value()) << text;
  }
}

TEST(Answers, StandAtTheirRule) {
  EXPECT_EQ(open_ones(lint_of("{ clone3, execve }: 1  # lint QSBX-314, QSBX-311: threads\n")), "");
  EXPECT_EQ(open_ones(lint_of("# lint QSBX-314: threads\n# threads\nclone3: 1\n")), "");
  EXPECT_EQ(open_ones(lint_of("# threads\n# lint QSBX-314: threads\nclone3: 1\n")), "");
  EXPECT_EQ(
      open_ones(lint_of("# threads\nprctl: option in {\n# lint QSBX-351: threads\nPR_SET_MM }\n")),
      "");
  const Findings findings = lint_of("# threads\nclone3: 1  # lint QSBX-314: of old\n");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].answer, "of old");
}

TEST(Answers, AreForOneRule) {
  EXPECT_EQ(open_ones(lint_of("# reads\n# lint QSBX-314: threads\nclone3: 1\nclone3: 1\n")),
            "4:QSBX-314");
  EXPECT_EQ(open_ones(lint_of("# reads\n# lint QSBX-314: threads\n\nclone3: 1   # reads\n")),
            "2:QSBX-399 4:QSBX-314");
}

TEST(Answers, AreNoReasonOfOtherRules) {
  EXPECT_EQ(open_ones(lint_of("# reads\nclone3: 1  # lint QSBX-314: threads\nfork: 0\nlseek: 1\n")),
            "");
  EXPECT_EQ(open_ones(lint_of("# reads\n# lint QSBX-314: threads\nclone3: 1\nlseek: 1\n")), "");
  EXPECT_EQ(open_ones(lint_of("# lint QSBX-314: threads\nclone3: 1  # reads\nlseek: 1\n")),
            "3:QSBX-392");
}

TEST(Answers, ToNothingAreFindings) {
  const Findings findings = lint_of("clone3: 1  # lint QSBX-314, QSBX-331: threads\n");
  EXPECT_EQ(open_ones(findings), "1:QSBX-399");
  EXPECT_EQ(findings[1].diagnostic.message, "there is no QSBX-331 here to answer");
  EXPECT_EQ(findings[1].diagnostic.where.column, 12);
  EXPECT_EQ(open_ones(lint_of("# lint QSBX-331, QSBX-341: because\n")), "1:QSBX-399 1:QSBX-399");
  EXPECT_EQ(open_ones(lint_of("brk: 1  # lint QSBX-999: because\n")), "1:QSBX-399");
}

TEST(Answers, ToWhatIsFoundOnOneArchitectureAreNotToNothing) {
  EXPECT_EQ(open_ones(lint_of("creat: 1  # lint QSBX-322: images\n")), "");
}

TEST(Answers, WithoutAReasonAreFindings) {
  const Findings findings = lint_of("# reads\nclone3: 1  # lint QSBX-314 threads\n");
  EXPECT_EQ(open_ones(findings), "2:QSBX-314 2:QSBX-398");
  EXPECT_EQ(findings[1].diagnostic.hint, "write # lint QSBX-302: REASON");
}

TEST(Answers, CannotAnswerThemselves) {
  EXPECT_EQ(open_ones(lint_of("brk: 1  # lint QSBX-399: because\n")), "1:QSBX-399");
}

}  // namespace
}  // namespace qsbx
