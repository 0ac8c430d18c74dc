// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/configuration_findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/libvirt/test_folder.h"
#include "tests/support/source_tree.h"

namespace qsbx {
namespace {

using testing::HasSubstr;

class ConfigurationFindings : public testing::Test {
 protected:
  ConfigurationFindings() {
    host_.qemu = folder_.path();
    host_.profiles = in_source_tree("profiles/qemu");
    folder_.write("qemu-system-x86_64", "", /*executable=*/true);
  }

  Findings found() const {
    return findings_on_configuration(
        host_, {"/usr/bin/qemu-system-aarch64-qsbx", "/usr/bin/qemu-system-x86_64-qsbx"});
  }

  TestFolder folder_;
  HostConfiguration host_;
};

TEST_F(ConfigurationFindings, OneArchitectureIsEnough) { EXPECT_TRUE(found().empty()); }

TEST_F(ConfigurationFindings, AQemuThatIsNotThere) {
  host_.qemu = "/nonexistent";
  const Findings findings = found();
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].id, "no-qemu");
  EXPECT_EQ(findings[0].where, "/etc/qsbx/libvirt.conf");
  EXPECT_EQ(findings[0].what,
            "the launchers find no QEMU: /nonexistent is not a program that can be started");
  EXPECT_EQ(findings[0].remedy,
            "set qemu= there to a QEMU or to a folder of them, or install QEMU; until then no "
            "guest starts");
}

TEST_F(ConfigurationFindings, AFolderWithoutQemu) {
  std::filesystem::remove(folder_.path() / "qemu-system-x86_64");
  const Findings findings = found();
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].id, "no-qemu");
}

TEST_F(ConfigurationFindings, ProfilesThatAreNotThere) {
  host_.profiles = "/nonexistent";
  const Findings findings = found();
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].id, "no-profiles");
  EXPECT_THAT(findings[0].what, HasSubstr("/nonexistent"));
  EXPECT_EQ(findings[0].remedy,
            "correct profiles= there, or take it out; until then no guest starts");
}

TEST_F(ConfigurationFindings, AnInstallationWithoutProfiles) {
  host_.profiles = "";
  const char* before = getenv("QSBX_PROFILES");
  const std::string kept = before == nullptr ? "" : before;
  setenv("QSBX_PROFILES", "/nonexistent", 1);
  const Findings findings = found();
  before == nullptr ? unsetenv("QSBX_PROFILES") : setenv("QSBX_PROFILES", kept.c_str(), 1);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].remedy, "install qsbx as a whole; until then no guest starts");
}

}  // namespace
}  // namespace qsbx
