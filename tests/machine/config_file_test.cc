// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "src/machine/command_line.h"

namespace qsbx {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(ConfigText, SectionsAreOptions) {
  const auto sections = read_config_text(
      "# a comment\n\n[drive \"d0\"]\n  file = \"a,b.img\"\n\tformat = \"raw\"\n  serial = \"\"\n"
      "[machine]\n  type = \"q35\"\n[smp-opts]\n");
  ASSERT_TRUE(sections.ok()) << sections.error().message;
  EXPECT_THAT(*sections,
              ElementsAre(ConfigSection{"drive", "id=d0,file=a,,b.img,format=raw,serial="},
                          ConfigSection{"machine", "type=q35"}, ConfigSection{"smp", ""}));
}

TEST(ConfigText, WhatQemuDoesNotReadEither) {
  for (const char* text : {"file = \"a\"\n", "[drive]\n \nfile = \"a\"\n"}) {
    const auto sections = read_config_text(text);
    ASSERT_FALSE(sections.ok()) << text;
    EXPECT_THAT(sections.error().message, HasSubstr("line "));
  }
}

class ConfigFile : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(mkdtemp(folder_.data()), nullptr); }
  void TearDown() override {
    unlink(path().c_str());
    rmdir(folder_.c_str());
  }
  std::string path() const { return folder_ + "/config"; }
  void write(const std::string& text) { std::ofstream(path()) << text; }
  CommandLine read(const std::vector<std::string>& more) {
    std::vector<std::string> words = {"qemu-system-x86_64", "-nodefaults", "-readconfig", path()};
    words.insert(words.end(), more.begin(), more.end());
    const auto line = read_command_line(words);
    EXPECT_TRUE(line.ok());
    return line.ok() ? *line : CommandLine{};
  }

  std::string folder_ = ::testing::TempDir() + "qsbx-config.XXXXXX";
};

TEST_F(ConfigFile, ItsPartsAreOfTheMachine) {
  write(
      "[drive \"d0\"]\n file = \"a\"\n format = \"raw\"\n if = \"none\"\n aio = \"native\"\n"
      "[netdev \"n\"]\n type = \"tap\"\n vhost = \"on\"\n[accel]\n accel = \"kvm\"\n"
      "[vnc \"default\"]\n vnc = \":1\"\n sasl = \"on\"\n[machine]\n type = \"q35\"\n"
      "[mon \"m\"]\n chardev = \"c\"\n mode = \"control\"\n[rtc]\n base = \"localtime\"\n");
  const CommandLine line = read({});
  for (const Part& part :
       {Part{"aio", "native"}, Part{"netdev", "tap+vhost"}, Part{"accelerator", "kvm"},
        Part{"display", "vnc"}, Part{"option", "vnc-sasl"}, Part{"machine", "pc-q35-machine"},
        Part{"monitor", "qmp"}, Part{"option", "rtc-localtime"}}) {
    EXPECT_THAT(line.machine.parts, Contains(part)) << part.to_string();
  }
  EXPECT_THAT(line.machine.parts, Not(Contains(Part{"aio", "threads"})));
  EXPECT_THAT(line.missing, IsEmpty());
  EXPECT_THAT(line.unread, IsEmpty());
}

TEST_F(ConfigFile, SettingsChangeWhatStandsBeforeThem) {
  write("[drive \"d0\"]\n file = \"a\"\n format = \"raw\"\n aio = \"native\"\n");
  const CommandLine line = read({"-set", "drive.d0.aio=io_uring", "-netdev", "tap,id=n", "-set",
                                 "netdev.n.vhost=on", "-set", "device.none.blob=on"});
  EXPECT_THAT(line.machine.parts, Contains(Part{"aio", "io_uring"}));
  EXPECT_THAT(line.machine.parts, Contains(Part{"netdev", "tap+vhost"}));
  EXPECT_THAT(line.missing, ElementsAre(HasSubstr("-set device.none.blob=on")));
}

TEST_F(ConfigFile, SaysWhatItCannotRead) {
  EXPECT_THAT(read({}).unread, ElementsAre(HasSubstr("No such file")));
  ASSERT_EQ(mkfifo(path().c_str(), 0600), 0);
  EXPECT_THAT(read({}).unread, ElementsAre(HasSubstr("no regular file")));
}

}  // namespace
}  // namespace qsbx
