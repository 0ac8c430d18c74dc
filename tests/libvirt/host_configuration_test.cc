// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/host_configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <regex>
#include <sstream>

#include "tests/support/source_tree.h"

namespace qsbx {
namespace {

const std::string kShipped = in_source_tree("integration/libvirt/libvirt.conf");

std::string text_of(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

TEST(HostConfigurationFile, SaysNothingAsItIsShipped) {
  const auto shipped = read_host_configuration(kShipped);
  const auto none = read_host_configuration("/nonexistent");
  ASSERT_TRUE(shipped.ok()) << shipped.error().message;
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(shipped->standard.mode, none->standard.mode);
  EXPECT_EQ(shipped->standard.roles, none->standard.roles);
  EXPECT_EQ(shipped->standard.features, none->standard.features);
  EXPECT_EQ(shipped->bounds.least_mode, none->bounds.least_mode);
  EXPECT_EQ(shipped->bounds.least_roles, none->bounds.least_roles);
  EXPECT_EQ(shipped->bounds.allow_at_most, none->bounds.allow_at_most);
  EXPECT_EQ(shipped->require, none->require);
  EXPECT_EQ(shipped->qemu, none->qemu);
  EXPECT_EQ(shipped->profiles, none->profiles);
}

TEST(HostConfigurationFile, WhatIsCommentedOutInItCanBeSet) {
  const std::string text =
      std::regex_replace(text_of(kShipped), std::regex("(^|\n)#([a-z-]+=)"), "$1$2");
  const std::string file = testing::TempDir() + "qsbx-libvirt.conf";
  std::ofstream(file) << text;
  const auto host = read_host_configuration(file);
  std::remove(file.c_str());
  ASSERT_TRUE(host.ok()) << host.error().message;
  EXPECT_EQ(host->qemu, "/opt/qemu/bin");
  EXPECT_EQ(host->profiles, "/opt/qsbx/profiles");
  ASSERT_TRUE(host->bounds.allow_at_most.has_value());
  EXPECT_THAT(*host->bounds.allow_at_most,
              testing::UnorderedElementsAre("migration-fd", "hotplug-disk"));
}

}  // namespace
}  // namespace qsbx
