// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Root looks at what daemons of all users keep, and one user must not keep it from seeing the rest.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "integration/libvirt/guests.h"
#include "integration/libvirt/text_file.h"

namespace qsbx {
namespace {

using testing::HasSubstr;

class KeptFiles : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("kept-files." + std::to_string(getpid()));
    for (const char* name : {"states", "definitions", "logs"}) {
      std::filesystem::create_directories(folder_ / name);
    }
    daemon_.states = folder_ / "states/";
    daemon_.definitions = folder_ / "definitions/";
    daemon_.logs = folder_ / "logs/";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }

  std::filesystem::path folder_;
  LibvirtDaemon daemon_;
};

TEST_F(KeptFiles, OneThatCannotBeReadHidesNoOther) {
  write("states/evil.xml", "<x");
  write("definitions/good.xml", "<domain><name>good</name></domain>");
  const auto guests = find_guests(daemon_);
  ASSERT_TRUE(guests.ok()) << guests.error().message;
  ASSERT_EQ(guests->size(), 2u);
  ASSERT_TRUE(guests->at(0).unreadable);
  EXPECT_THAT(guests->at(0).unreadable->message, HasSubstr("evil.xml: "));
  EXPECT_FALSE(guests->at(1).unreadable);
}

TEST_F(KeptFiles, NobodyIsWaitedFor) {
  const std::string pipe = folder_ / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const auto text = read_kept_file(pipe);
  ASSERT_FALSE(text.ok());
  EXPECT_THAT(text.error().message, HasSubstr("pipe: it is no regular file"));
}

TEST_F(KeptFiles, AreNotReadWithoutEnd) {
  write("huge", "x");
  std::filesystem::resize_file(folder_ / "huge", 1l << 40);
  const auto text = read_kept_file(folder_ / "huge");
  ASSERT_FALSE(text.ok());
  EXPECT_THAT(text.error().message, HasSubstr("huge: it is longer than 64 MB"));
}

}  // namespace
}  // namespace qsbx
