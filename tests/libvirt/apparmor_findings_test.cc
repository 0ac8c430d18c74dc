// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/apparmor_findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/libvirt/test_folder.h"

namespace qsbx {
namespace {

using testing::ElementsAre;

class AppArmorFindings : public testing::Test {
 protected:
  AppArmorFindings() {
    etc_.write("abstractions/libvirt-qemu",
               "include if exists <local/abstractions/libvirt-qemu>\n");
    etc_.write("usr.sbin.libvirtd", "# what libvirtd may do\n");
  }

  // By the names of the files that lack a rule.
  std::vector<std::string> lacking(const std::string& launchers) {
    std::vector<std::string> files;
    for (const Finding& one : findings_on_apparmor({etc_.path(), launchers, drivers_})) {
      EXPECT_EQ(one.id, "no-apparmor-rule");
      files.push_back(std::filesystem::path(one.where).filename());
    }
    return files;
  }
  std::vector<std::string> lacking_with(const std::string& rules) {
    etc_.write("local/abstractions/libvirt-qemu", rules);
    return lacking("/usr/bin");
  }

  TestFolder etc_;
  std::vector<std::string> drivers_;
};

TEST_F(AppArmorFindings, GuestsNeedARule) {
  EXPECT_THAT(lacking_with(""), ElementsAre("libvirt-qemu"));
  EXPECT_THAT(lacking_with("include \"/usr/share/qsbx/libvirt/apparmor/libvirt-qemu\"\n"),
              ElementsAre());
  EXPECT_THAT(lacking_with("#include \"/usr/share/qsbx/libvirt/apparmor/libvirt-qemu\"\n"),
              ElementsAre());
  EXPECT_THAT(lacking_with("  /usr/bin/qemu-system-x86_64-qsbx ix,  # the launcher\n"),
              ElementsAre());
}

TEST_F(AppArmorFindings, CommentsAreNoRules) {
  EXPECT_THAT(lacking_with("# include \"/usr/share/qsbx/libvirt/apparmor/libvirt-qemu\"\n"),
              ElementsAre("libvirt-qemu"));
  EXPECT_THAT(lacking_with("  # TODO: rule for qemu-system-x86_64-qsbx\n"),
              ElementsAre("libvirt-qemu"));
  EXPECT_THAT(lacking_with("#include <x>  # and qemu-system-x86_64-qsbx\n"),
              ElementsAre("libvirt-qemu"));
}

TEST_F(AppArmorFindings, AFolderOfRulesCountsWhereItIsIncluded) {
  etc_.write("abstractions/libvirt-qemu.d/qsbx", "/usr/bin/qemu-system-*-qsbx ix,\n");
  EXPECT_THAT(lacking_with("# include <abstractions/libvirt-qemu.d/qsbx>\n"),
              ElementsAre("libvirt-qemu"));
  EXPECT_THAT(lacking_with("include <abstractions/libvirt-qemu.d/qsbx>\n"), ElementsAre());
}

TEST_F(AppArmorFindings, GuestsOfADaemonWithoutAppArmorNeedNone) {
  drivers_ = {"none"};
  EXPECT_THAT(lacking_with(""), ElementsAre());
  drivers_ = {"selinux", "apparmor"};
  EXPECT_THAT(lacking_with(""), ElementsAre("libvirt-qemu"));
}

TEST_F(AppArmorFindings, BelowUsrLocalTheDaemonNeedsOneToo) {
  drivers_ = {"none"};
  EXPECT_THAT(lacking("/usr/bin"), ElementsAre());
  EXPECT_THAT(lacking("/usr/local/bin"), ElementsAre("usr.sbin.libvirtd"));
  etc_.write("local/usr.sbin.libvirtd",
             "include \"/usr/local/share/qsbx/libvirt/apparmor/libvirtd\"\n");
  EXPECT_THAT(lacking("/usr/local/bin"), ElementsAre());
}

TEST_F(AppArmorFindings, WhereThereAreNoProfilesThereIsNothingToAdd) {
  std::filesystem::remove_all(etc_.path() / "abstractions");
  std::filesystem::remove(etc_.path() / "usr.sbin.libvirtd");
  EXPECT_THAT(lacking("/usr/local/bin"), ElementsAre());
}

TEST_F(AppArmorFindings, WhatToDo) {
  const Findings findings = findings_on_apparmor({etc_.path(), "/usr/local/bin", {}});
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].what, "AppArmor is on, and no rule lets guests execute the launcher");
  EXPECT_EQ(findings[0].remedy,
            "add: include <abstractions/libvirt-qemu.d/qsbx> where the package has installed that, "
            "or else: include \"/usr/local/share/qsbx/libvirt/apparmor/libvirt-qemu\"");
  EXPECT_EQ(findings[1].what,
            "AppArmor is on, and no rule lets libvirtd ask the launcher what it can do");
  EXPECT_EQ(findings[1].remedy,
            "add: include \"/usr/local/share/qsbx/libvirt/apparmor/libvirtd\", and run "
            "apparmor_parser --replace " +
                (etc_.path() / "usr.sbin.libvirtd").string());
}

}  // namespace
}  // namespace qsbx
