// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/definition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "integration/libvirt/domain.h"

namespace qsbx {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr char kLauncher[] = "/usr/bin/qemu-system-x86_64-qsbx";
constexpr char kQemu[] = "/usr/bin/qemu-system-x86_64";
constexpr char kPlain[] = R"(<domain type='qemu'>
  <name>one</name>
  <uuid>11111111-2222-3333-4444-555555555555</uuid>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
  </devices>
</domain>)";
constexpr char kOthers[] = R"(<domain type='qemu'>
  <name>one</name>
  <uuid>11111111-2222-3333-4444-555555555555</uuid>
  <metadata>
    <other:x xmlns:other="urn:other"/>
  </metadata>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
  </devices>
</domain>)";

std::string enabled_text(const std::string& xml, const DeclarationChange& change = {}) {
  const auto changed = enabled(xml, kLauncher, change);
  return changed ? changed->after : changed.error().message;
}

Domain domain_of(const std::string& xml) {
  auto domain = read_domain(xml);
  return domain ? *domain : Domain{"error", domain.error().message, "", {}, {}, {}};
}

TEST(Definition, EnabledHasTheLauncherAndDeclaresItself) {
  const Domain domain = domain_of(enabled_text(kPlain, {"errno", "on", {{"b", "a"}}}));
  EXPECT_EQ(domain.emulator, kLauncher);
  ASSERT_TRUE(domain.declaration) << domain.uuid;
  EXPECT_EQ(domain.declaration->mode, Mode::kErrno);
  EXPECT_EQ(domain.declaration->roles, true);
  EXPECT_THAT(domain.declaration->features, ElementsAre("a", "b"));
}

TEST(Definition, EnabledAgainIsTheSame) {
  for (const char* xml : {kPlain, kOthers}) {
    const DeclarationChange change = {"errno", {}, {{"a", "b"}}};
    const std::string once = enabled_text(xml, change);
    const auto twice = enabled(once, kLauncher, change);
    ASSERT_TRUE(twice);
    EXPECT_FALSE(twice->differs()) << twice->after;
    EXPECT_FALSE(enabled(once, kLauncher, {})->differs());
  }
}

TEST(Definition, WhatIsNotSaidStays) {
  const std::string once = enabled_text(kPlain, {"errno", "on", {{"a"}}});
  const Domain domain = domain_of(enabled_text(once, {"audit", {}, {}}));
  ASSERT_TRUE(domain.declaration);
  EXPECT_EQ(domain.declaration->mode, Mode::kAudit);
  EXPECT_EQ(domain.declaration->roles, true);
  EXPECT_THAT(domain.declaration->features, ElementsAre("a"));
}

TEST(Definition, FeaturesAreReplaced) {
  const std::string once = enabled_text(kPlain, {{}, {}, {{"a", "b"}}});
  EXPECT_THAT(domain_of(enabled_text(once, {{}, {}, {{"c"}}})).declaration->features,
              ElementsAre("c"));
  EXPECT_THAT(
      domain_of(enabled_text(once, {{}, {}, std::set<std::string>()})).declaration->features,
      ElementsAre());
}

TEST(Definition, WhatIsEmptyIsTheHosts) {
  const std::string once = enabled_text(kPlain, {"errno", "on", {{"a"}}});
  const Domain domain = domain_of(enabled_text(once, {"", "", {}}));
  ASSERT_TRUE(domain.declaration);
  EXPECT_FALSE(domain.declaration->mode);
  EXPECT_FALSE(domain.declaration->roles);
  EXPECT_THAT(domain.declaration->features, ElementsAre("a"));
}

TEST(Definition, CommentsBetweenFeaturesStay) {
  std::string xml = enabled_text(kPlain, {{}, {}, {{"a", "b"}}});
  xml.insert(xml.find("<qsbx:allow feature=\"b\""), "<!-- for backups -->\n      ");
  const std::string replaced = enabled_text(xml, {{}, {}, {{"c"}}});
  EXPECT_THAT(replaced, HasSubstr("      <qsbx:allow feature=\"c\"/>\n"
                                  "      <!-- for backups -->\n"
                                  "    </qsbx:sandbox>\n"));
  EXPECT_THAT(domain_of(replaced).declaration->features, ElementsAre("c"));
}

TEST(Definition, DisabledIsAsItWas) {
  for (const char* xml : {kPlain, kOthers}) {
    const auto before = disabled(xml, "");
    const auto after = disabled(enabled_text(xml, {"errno", "on", {{"a", "b"}}}), kQemu);
    ASSERT_TRUE(before && after);
    EXPECT_EQ(before->before, after->after);
    EXPECT_FALSE(before->differs());
  }
}

TEST(Definition, WhatNoVersionKnowsIsTakenOut) {
  for (const char* ours : {"<x:sandbox xmlns:x=\"urn:qsbx:libvirt:domain:2\"/>",
                           "<qsbx:other xmlns:qsbx=\"urn:qsbx:libvirt:domain:1\"/>"}) {
    std::string xml = kOthers;
    xml.insert(xml.find("\n  </metadata>"), std::string("\n    ") + ours);
    ASSERT_FALSE(read_domain(xml)) << xml;
    const auto changed = disabled(xml, "");
    ASSERT_TRUE(changed);
    EXPECT_EQ(changed->after, disabled(kOthers, "")->before);
  }
}

TEST(Definition, OthersMetadataStay) {
  EXPECT_THAT(enabled_text(kOthers), HasSubstr("<other:x xmlns:other=\"urn:other\"/>"));
}

TEST(Definition, ShowsTheChangedLinesOnly) {
  const auto changed = enabled(kPlain, kLauncher, {"errno", {}, {{"a"}}});
  ASSERT_TRUE(changed);
  const auto text = difference(*changed, "one");
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, HasSubstr("--- one (as it is)\n+++ one (changed)\n"));
  EXPECT_THAT(*text, HasSubstr("-    <emulator>/usr/bin/qemu-system-x86_64</emulator>\n"
                               "+    <emulator>/usr/bin/qemu-system-x86_64-qsbx</emulator>\n"));
  EXPECT_THAT(
      *text,
      HasSubstr("+  <metadata>\n"
                "+    <qsbx:sandbox xmlns:qsbx=\"urn:qsbx:libvirt:domain:1\" mode=\"errno\">\n"
                "+      <qsbx:allow feature=\"a\"/>\n"
                "+    </qsbx:sandbox>\n"
                "+  </metadata>\n"));
  EXPECT_THAT(*text, Not(HasSubstr("-  <name>")));
}

TEST(Definition, OfNothingIsAnError) {
  EXPECT_EQ(enabled_text("<domain"), "it is no XML that begins with <domain>");
  EXPECT_FALSE(disabled("<network/>", ""));
}

}  // namespace
}  // namespace qsbx
