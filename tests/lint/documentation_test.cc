// SPDX-License-Identifier: LGPL-2.1-or-later
//
// docs/lint.md explains every finding, with an example that has it.
#include "tests/support/documentation.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/lint/lint_of.h"

namespace qsbx {
namespace {

using testing::contents;
using testing::contents_of_folder;
using testing::documented_examples;
using testing::Example;
using testing::identifiers_in;

std::set<std::string> identifiers_of_source() {
  return identifiers_in(contents("src/lint/finding_ids.h"), "= \"");
}

std::set<std::string> identifiers_of_profiles() {
  return identifiers_in(contents("src/profile/diagnostic_ids.h"), "= \"");
}

TEST(Documentation, ExplainsEveryFindingAndNoOther) {
  const std::set<std::string> known = identifiers_of_source();
  EXPECT_GT(known.size(), 20U);
  EXPECT_EQ(known, identifiers_in(contents("docs/lint.md"), "\n### "));
}

TEST(Documentation, NoIdentifierHasTwoMeanings) {
  for (const std::string& id : identifiers_of_profiles()) {
    EXPECT_FALSE(identifiers_of_source().contains(id)) << id;
  }
}

TEST(Documentation, ExamplesHaveTheirFinding) {
  const std::vector<Example> examples = documented_examples("docs/lint.md");
  EXPECT_GT(examples.size(), 20U);
  for (const Example& example : examples) {
    const std::string found = open_ones(lint_of(example.text));
    EXPECT_NE(found.find(example.id), std::string::npos) << example.id << ": " << found;
  }
}

TEST(Documentation, EveryFindingHasATest) {
  const std::string tests = contents_of_folder("tests/lint");
  for (const std::string& id : identifiers_of_source()) {
    EXPECT_NE(tests.find(id), std::string::npos) << id;
  }
}

}  // namespace
}  // namespace qsbx
