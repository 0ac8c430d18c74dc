// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The committed tables are what the generator writes.
#include <gtest/gtest.h>
#include <sys/utsname.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/support/source_tree.h"

namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// What keeps this machine from generating the same; empty when nothing does.
std::string obstacle() {
  utsname system{};
  uname(&system);
  if (!std::string(system.release).starts_with("6.18.")) {
    return std::string("the tables are those of Linux 6.18, this is ") + system.release;
  }
  if (!fs::is_directory("/sys/kernel/tracing/events/syscalls")) {
    return "no tracefs at /sys/kernel/tracing";
  }
  for (const char* header :
       {"/usr/aarch64-linux-gnu/include/asm/unistd.h",
        "/usr/aarch64-linux-gnu/include/sys/socket.h", "/usr/include/libdrm/drm.h"}) {
    if (!fs::exists(header)) return std::string("no ") + header;
  }
  return "";
}

TEST(GeneratedTablesTest, AreWhatTheGeneratorWrites) {
  if (const std::string reason = obstacle(); !reason.empty()) GTEST_SKIP() << reason;
  std::string folder = (fs::temp_directory_path() / "qsbx-tables-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const fs::path source = qsbx::in_source_tree("");
  const std::string command =
      (source / "scripts/generate-syscall-tables").string() + " --output " + folder;
  ASSERT_EQ(std::system(command.c_str()), 0);
  for (const char* name : {"syscalls_x86_64.inc", "syscalls_aarch64.inc", "constants_x86_64.inc",
                           "constants_aarch64.inc"}) {
    EXPECT_TRUE(contents(fs::path(folder) / name) ==
                contents(source / "src/syscalls/tables" / name))
        << name << " differs: run scripts/generate-syscall-tables and look at the difference";
  }
  fs::remove_all(folder);
}

}  // namespace
