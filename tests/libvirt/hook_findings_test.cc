// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/hook_findings.h"

#include <gtest/gtest.h>

#include "tests/libvirt/test_folder.h"

namespace qsbx {
namespace {

class HookFindings : public testing::Test {
 protected:
  HookFindings() : program_(folder_.write("sbin/qsbx-libvirt-hook", "", /*executable=*/true)) {}

  std::string script() const {
    return "#!/bin/sh\n# libvirt's hook\ncase \"$2\" in prepare) exec " + program_.string() +
           " \"$@\" ;; esac\n";
  }
  // "file: what; remedy", empty when nothing is wrong.
  std::string found() const {
    std::string text;
    for (const Finding& one : findings_on_hook(folder_.path() / "hooks")) {
      EXPECT_EQ(one.id, "no-hook");
      text += std::filesystem::path(one.where).filename().string() + ": " + one.what + "; " +
              one.remedy;
    }
    return text;
  }

  TestFolder folder_;
  std::filesystem::path program_;
  const std::string none_ =
      "qemu.d: no hook calls qsbx-libvirt-hook: what guests declare is not handed over, and "
      "nothing checks them once they run; install qsbx-libvirt as a whole, and restart libvirt's "
      "daemon";
};

TEST_F(HookFindings, AHookThatWorks) {
  folder_.write("hooks/qemu.d/qsbx", script(), true);
  EXPECT_EQ(found(), "");
}

TEST_F(HookFindings, TheOldPlaceAndALinkToTheProgram) {
  folder_.write("hooks/qemu", script(), true);
  EXPECT_EQ(found(), "");
  std::filesystem::remove(folder_.path() / "hooks/qemu");
  std::filesystem::create_symlink(program_, folder_.path() / "hooks/qemu");
  EXPECT_EQ(found(), "");
}

TEST_F(HookFindings, NoHook) {
  EXPECT_EQ(found(), none_);
  folder_.write("hooks/qemu.d/other", "#!/bin/sh\n", true);
  EXPECT_EQ(found(), none_);
}

TEST_F(HookFindings, AHookThatNamesItInACommentOnly) {
  folder_.write("hooks/qemu.d/other", "#!/bin/sh\n  # as qsbx-libvirt-hook does\n", true);
  EXPECT_EQ(found(), none_);
  folder_.write("hooks/qemu.d/other", "#!/bin/sh\nexit 0  # no qsbx-libvirt-hook\n", true);
  EXPECT_EQ(found(), none_);
}

TEST_F(HookFindings, AHookThatIsNotExecutable) {
  folder_.write("hooks/qemu.d/qsbx", script());
  EXPECT_EQ(found(),
            "qsbx: it is not executable, so libvirt does not call it; chmod 755 it, and restart "
            "libvirt's daemon");
}

TEST_F(HookFindings, ACopyBesideTheHookDoesNotCount) {
  folder_.write("hooks/qemu.d/a-copy", script());
  folder_.write("hooks/qemu.d/qsbx", script(), true);
  EXPECT_EQ(found(), "");
}

TEST_F(HookFindings, AProgramThatIsNotThere) {
  folder_.write("hooks/qemu.d/qsbx", script(), true);
  std::filesystem::remove(program_);
  EXPECT_EQ(found(), "qsbx: it starts " + program_.string() +
                         ", which is not there: no guest starts; install qsbx-libvirt as a whole");
}

TEST_F(HookFindings, AProgramThatOnlyTheShellFinds) {
  folder_.write("hooks/qemu.d/qsbx", "#!/bin/sh\nexec \"$SBIN/qsbx-libvirt-hook\" \"$@\"\n", true);
  EXPECT_EQ(found(), "");
}

}  // namespace
}  // namespace qsbx
