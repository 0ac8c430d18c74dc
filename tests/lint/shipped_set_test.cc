// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The profiles of this tree leave no question of a reviewer's open.
#include <gtest/gtest.h>

#include <list>

#include "src/lint/lint.h"
#include "tests/support/source_tree.h"

namespace qsbx {
namespace {

std::string text_of(const Findings& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    if (finding.answer.empty()) text += to_string(finding.diagnostic) + "\n";
  }
  return text;
}

TEST(ShippedSet, HasNoFindingWithoutAnAnswer) {
  std::list<ProfileSet> sets;
  std::vector<LintScope> scopes;
  for (const Architecture architecture : {Architecture::kX86_64, Architecture::kAarch64}) {
    const auto set = ProfileSet::read(in_source_tree("profiles/qemu"), architecture);
    ASSERT_TRUE(set.ok()) << set.error().to_string();
    sets.push_back(*set);
    scopes.push_back({architecture, {}, &sets.back()});
    for (const Profile& profile : sets.back().profiles())
      scopes.back().profiles.push_back(&profile);
  }
  const auto findings = lint(scopes);
  ASSERT_TRUE(findings.ok()) << findings.error().to_string();
  EXPECT_EQ(text_of(*findings), "") << "see docs/lint.md on how to answer";
  EXPECT_GT(findings->size(), 10U) << "as many are answered";
}

}  // namespace
}  // namespace qsbx
