// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Conditions that no decision diagram of a reasonable size stands for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/lint/lint.h"

namespace qsbx {
namespace {

// Pairs of bits of two arguments: no order of the variables that keeps arguments together is small.
std::string exploding_condition() {
  std::string condition;
  for (int i = 0; i < 32; ++i) {
    const std::string bit = std::to_string(uint64_t{1} << i);
    condition += (i == 0 ? "" : " || ") + ("(prot & " + bit) + " && flags & " + bit + ")";
  }
  return condition;
}

TEST(TooLarge, IsAnErrorAndNoAnswer) {
  const auto profile = parse_profile("mmap: " + exploding_condition() + "  # buffers\n", "f",
                                     Architecture::kX86_64, true);
  ASSERT_TRUE(profile.ok()) << profile.error().to_string();
  const auto findings = lint({{Architecture::kX86_64, {&*profile}, nullptr}});
  ASSERT_FALSE(findings.ok());
  EXPECT_EQ(findings.error().code, ErrorCode::kPolicy);
  EXPECT_THAT(findings.error().message,
              ::testing::AllOf(::testing::HasSubstr("these profiles are too large to decide"),
                               ::testing::HasSubstr("write them with fewer bits")));
}

}  // namespace
}  // namespace qsbx
