// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/monitor_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace qsbx {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// All commands in `text` as they come complete when it is read in pieces of `size`.
std::vector<std::string> commands_in(const std::string& text, size_t size) {
  std::vector<std::string> commands;
  std::string heard;
  for (size_t at = 0; at < text.size(); at += size) {
    const std::string piece = text.substr(at, size);
    heard += piece;
    if (!may_complete_command(piece)) continue;
    while (auto command = take_command(heard)) commands.push_back(*command);
  }
  return commands;
}

TEST(TakeCommand, WhateverThePieces) {
  const std::string text =
      "{\"execute\":\n \"a\", 'x': '}\\'{'}\r\n{\"b\": {\"c\": \"}\\\"\"}}{}\ninfo "
      "block\r\n\ncont\n{";
  for (const size_t size : {1, 2, 7, 1000}) {
    EXPECT_THAT(commands_in(text, size),
                ElementsAre("{\"execute\":\n \"a\", 'x': '}\\'{'}", "{\"b\": {\"c\": \"}\\\"\"}}",
                            "{}", "info block", "cont"));
  }
}

TEST(TakeCommand, WithoutTheWordsOfTelnet) {
  EXPECT_THAT(commands_in("\xff\xfd\x01\xff\xfb\x03netdev_add user,id=n\r\n", 3),
              ElementsAre("netdev_add user,id=n"));
}

TEST(MayChangeMachine, ByItsWords) {
  for (const char* command :
       {R"({"execute": "device_add"})", "drive_add 0 if=none", "device_del d",
        "change ide1-cd0 a.iso", "devi\t",
        R"({"execute":"human-monitor-command","arguments":{"command-line":"netdev_add tap"}})"}) {
    EXPECT_TRUE(may_change_machine(command)) << command;
  }
  for (const char* command : {"info block", "cont", "{\n\t\"execute\": \"query-status\"\n}"}) {
    EXPECT_FALSE(may_change_machine(command)) << command;
  }
}

struct Case {
  std::string command;
  std::set<std::string> parts;
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.command; }

class AddedByMonitor : public ::testing::TestWithParam<Case> {};

TEST_P(AddedByMonitor, AddsExactly) {
  const auto parts = read_monitor_command(GetParam().command);
  ASSERT_TRUE(parts.ok()) << parts.error().message;
  std::set<std::string> texts;
  for (const Part& part : *parts) texts.insert(part.to_string());
  EXPECT_EQ(texts, GetParam().parts);
}

INSTANTIATE_TEST_SUITE_P(
    Commands, AddedByMonitor,
    ::testing::Values(
        Case{
            R"({"execute":"blockdev-add","arguments":{"driver":"file","filename":"a","aio":"io_uring"}})",
            {"aio io_uring"}},
        Case{R"({'arguments':{'driver':'qcow2','file':{'driver':'file','aio':'native'}},
                 'execute':'blockdev-add'})",
             {"aio native"}},
        Case{R"({"execute":"blockdev-add","arguments":{"driver":"file","filename":"a"}})",
             {"aio threads"}},
        Case{
            R"({"execute":"blockdev-reopen","arguments":{"options":[{"driver":"file","aio":"native"}]}})",
            {"aio native"}},
        Case{R"({"execute":"netdev_add","arguments":{"type":"tap","id":"n","vhost":true}})",
             {"netdev tap+vhost"}},
        Case{R"({"exec-oob":"x","execute":"netdev_add","arguments":{"type":"tap","id":"n"}})",
             {"netdev tap"}},
        Case{R"({"execute":"netdev_add","arguments":{"type":"user","id":"n",
                 "guestfwd":[{"str":"tcp::7-cmd:cat"}]}})",
             {"netdev user", "option guestfwd-cmd"}},
        Case{R"({"execute":"device_add","arguments":{"driver":"virtio-blk-pci","drive":"d"}})", {}},
        Case{R"({"execute":"human-monitor-command",
                 "arguments":{"command-line":"drive_add 0 if=none,file=a,format=raw,aio=native"}})",
             {"aio native"}},
        Case{"drive_add -n 0 file=a,format=raw,aio=io_uring", {"aio io_uring"}},
        Case{"netdev_add tap,id=n,vhost=on", {"netdev tap+vhost"}}, Case{"info block", {}}));

TEST(ReadMonitorCommand, SaysWhatItCannotRead) {
  for (const char* command : {"net\tuser,id=n", "\x1b[A", "{\"execute\" \"device_add\"}"}) {
    EXPECT_FALSE(read_monitor_command(command).ok()) << command;
  }
}

}  // namespace
}  // namespace qsbx
