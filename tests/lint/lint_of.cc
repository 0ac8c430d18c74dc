// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/lint/lint_of.h"

#include <gtest/gtest.h>

#include <list>

namespace qsbx {
namespace {

constexpr Architecture kBoth[] = {Architecture::kX86_64, Architecture::kAarch64};

Findings findings_of(const std::vector<LintScope>& scopes) {
  Result<Findings> findings = lint(scopes);
  EXPECT_TRUE(findings.ok()) << findings.error().to_string();
  return findings.ok() ? *findings : Findings{};
}

}  // namespace

Findings lint_of(const std::string& rules) {
  std::list<Profile> profiles;
  std::vector<LintScope> scopes;
  for (const Architecture architecture : kBoth) {
    Result<Profile> profile = parse_profile(rules, "f", architecture, true);
    EXPECT_TRUE(profile.ok()) << profile.error().to_string();
    if (!profile.ok()) return {};
    profiles.push_back(*profile);
    scopes.push_back({architecture, {&profiles.back()}, nullptr});
  }
  return findings_of(scopes);
}

Findings lint_of(const std::map<std::string, std::string>& texts) {
  std::list<ProfileSet> sets;
  std::vector<LintScope> scopes;
  for (const Architecture architecture : kBoth) {
    Result<ProfileSet> set = ProfileSet::from_texts(texts, architecture);
    EXPECT_TRUE(set.ok()) << set.error().to_string();
    if (!set.ok()) return {};
    sets.push_back(*set);
    scopes.push_back({architecture, {}, &sets.back()});
    for (const Profile& profile : sets.back().profiles())
      scopes.back().profiles.push_back(&profile);
  }
  return findings_of(scopes);
}

std::string open_ones(const Findings& findings) {
  std::string all;
  for (const Finding& finding : findings) {
    if (!finding.answer.empty()) continue;
    all += (all.empty() ? "" : " ") + std::to_string(finding.diagnostic.where.line) + ":" +
           finding.diagnostic.id;
  }
  return all;
}

}  // namespace qsbx
