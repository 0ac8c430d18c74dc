// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lint/costs.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/lint/lint_of.h"

namespace qsbx {
namespace {

class Costs : public testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::path(testing::TempDir()) / ("lint_costs." + std::to_string(getpid()));
    std::filesystem::create_directories(folder_ / "weights");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& file, const std::string& text) {
    std::ofstream(folder_ / file) << text;
  }

  Findings findings() const {
    const auto set = ProfileSet::read(folder_, Architecture::kX86_64);
    EXPECT_TRUE(set.ok()) << set.error().to_string();
    LintScope scope = {Architecture::kX86_64, {}, &*set};
    for (const Profile& profile : set->profiles()) scope.profiles.push_back(&profile);
    const auto found = find_costs(scope);
    EXPECT_TRUE(found.ok()) << found.error().to_string();
    return *found;
  }

  std::filesystem::path folder_;
};

TEST_F(Costs, AConditionOnACallThatIsMadeOften) {
  write("weights/a.weights", "30 read 3\n70 write 4\n");
  write("a.profile", "profile a\nread: fd == 3\nwrite: 1\n");
  const Findings found = findings();
  ASSERT_EQ(open_ones(found), "2:QSBX-391");
  EXPECT_EQ(found[0].diagnostic.message,
            "read: this grants 30 of 100 recorded calls, and the kernel runs the program for each "
            "read because of the condition");
}

TEST_F(Costs, OfARuleThatGrantsFewOfThemAreNone) {
  write("weights/a.weights", "1000 read 3\n1 write 4\n1 read 5\n");
  write("a.profile", "profile a\nread: fd == 5\nread: fd == 6\nwrite: fd == 4\n");
  EXPECT_EQ(open_ones(findings()), "");
}

TEST_F(Costs, AreNoneWhereAnIncludeGrantsTheCall) {
  write("weights/a.weights", "30 read 3\n");
  write("b.profile", "profile b\nread: 1\n");
  write("a.profile", "profile a\ninclude b\nread: fd == 3\n");
  EXPECT_EQ(open_ones(findings()), "");
}

TEST_F(Costs, OfWhatAnIncludeGrantsAreTheIncludes) {
  write("weights/a.weights", "30 read 3\n");
  write("b.profile", "profile b\nread: fd == 3\n");
  write("a.profile", "profile a\ninclude b\nread: fd in { 3, 4 }\n");
  const Findings found = findings();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].diagnostic.where.file, "b.profile");
}

TEST_F(Costs, AreUnknownWithoutWeights) {
  write("a.profile", "profile a\nread: fd == 3\n");
  EXPECT_EQ(open_ones(findings()), "");
}

}  // namespace
}  // namespace qsbx
