// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lint/lint.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <tuple>

#include "src/lint/answers.h"
#include "src/lint/commands.h"
#include "src/lint/costs.h"
#include "src/lint/questions.h"
#include "src/lint/unexplained.h"
#include "src/lint/ways_around.h"

namespace qsbx {
namespace {

auto place_of(const Finding& finding) {
  const Diagnostic& diagnostic = finding.diagnostic;
  return std::tie(diagnostic.where.file, diagnostic.where.line, diagnostic.where.column,
                  diagnostic.id);
}

void sort_by_place(Findings& findings) {
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return place_of(a) < place_of(b); });
}

// What is said in the same words of both architectures is told of the first.
void keep_one_of_each(Findings& findings) {
  const auto words = [](const Finding& finding) {
    return std::tuple_cat(place_of(finding), std::tie(finding.diagnostic.message));
  };
  std::stable_sort(findings.begin(), findings.end(),
                   [&](const Finding& a, const Finding& b) { return words(a) < words(b); });
  const auto same = [&](const Finding& a, const Finding& b) { return words(a) == words(b); };
  findings.erase(std::unique(findings.begin(), findings.end(), same), findings.end());
}

}  // namespace

Result<Findings> lint(const std::vector<LintScope>& scopes) {
  Findings all;
  for (const LintScope& scope : scopes) {
    for (const auto check :
         {ask_questions, find_ways_around, weigh_commands, find_costs, find_unexplained}) {
      Result<Findings> found = check(scope);
      if (!found.ok()) return found;
      std::move(found->begin(), found->end(), std::back_inserter(all));
    }
  }
  keep_one_of_each(all);
  if (!scopes.empty()) apply_answers(scopes.front().profiles, all);
  sort_by_place(all);
  return all;
}

}  // namespace qsbx
