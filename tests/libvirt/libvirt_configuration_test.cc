// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/libvirt_configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace qsbx {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> value(const std::string& text, const std::string& key) {
  return libvirt_configuration_from(text)[key];
}

TEST(LibvirtConfiguration, HasNumbersAndTexts) {
  EXPECT_THAT(value("seccomp_sandbox = 0\n", "seccomp_sandbox"), ElementsAre("0"));
  EXPECT_THAT(value("user=\"a # b\" # c", "user"), ElementsAre("a # b"));
  EXPECT_THAT(value("user = 'x'", "user"), ElementsAre("x"));
}

TEST(LibvirtConfiguration, LeavesCommentsOut) {
  EXPECT_THAT(value("#seccomp_sandbox = 0\n  # seccomp_sandbox = 0\n", "seccomp_sandbox"),
              IsEmpty());
}

TEST(LibvirtConfiguration, TheLastOfAKeyCounts) {
  EXPECT_THAT(value("a = 0\na = 1\n", "a"), ElementsAre("1"));
}

TEST(LibvirtConfiguration, HasListsOverLines) {
  EXPECT_THAT(value("capability_filters = [\n  \"one\", # first\n  'two'\n]\nb = 1\n",
                    "capability_filters"),
              ElementsAre("one", "two"));
  EXPECT_THAT(value("a = [ ]\n", "a"), IsEmpty());
}

TEST(LibvirtConfiguration, EndsWithWhatIsCutOff) {
  EXPECT_THAT(value("a = [ \"one\"\n", "a"), ElementsAre("one"));
  EXPECT_THAT(value("a = \"one", "a"), ElementsAre("one"));
}

}  // namespace
}  // namespace qsbx
