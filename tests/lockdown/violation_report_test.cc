// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/violation_report.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <thread>
#include <vector>

#include "src/lockdown/call_text.h"
#include "src/lockdown/caller_memory.h"
#include "src/lockdown/quiet_opens.h"

namespace qsbx {
namespace {

struct seccomp_data x86_call(int number, std::vector<uint64_t> arguments) {
  struct seccomp_data call = {};
  call.nr = number;
  call.arch = audit_architecture(Architecture::kX86_64);
  std::copy(arguments.begin(), arguments.end(), call.args);
  return call;
}

std::string text_of(const struct seccomp_data& call) {
  Line line;
  append_call(line, Architecture::kX86_64, call);
  return std::string(line.view());
}

TEST(CallText, NamesArgumentsAndConstants) {
  EXPECT_EQ(text_of(x86_call(257, {0xffffff9c, 0x7f0010, 02 | 0100, 0600})),
            "openat(dfd=AT_FDCWD, filename=0x7f0010, flags=O_RDWR|O_CREAT, mode=0600)");
}

TEST(CallText, LooksAtTheBitsThatTheKernelLooksAt) {
  EXPECT_EQ(text_of(x86_call(19, {0xdeadbeef00000007, 0, 0xffffffff, 0})).substr(0, 14),
            "readv(fd=7, ve");
}

TEST(CallText, UnknownAndForeignCalls) {
  EXPECT_EQ(text_of(x86_call(1020, {})), "call 1020, which this library does not know,");
  EXPECT_EQ(text_of(x86_call(0x40000027, {})), "call 1073741863 of another ABI, such as x32");
}

TEST(CallerMemory, ReadsAsFarAsItCan) {
  char room[8];
  EXPECT_EQ(text_at(reinterpret_cast<uintptr_t>("short"), room, sizeof room), "short");
  EXPECT_EQ(text_at(reinterpret_cast<uintptr_t>("rather long"), room, sizeof room), "rather l");
  EXPECT_EQ(text_at(0, room, sizeof room), "");
  EXPECT_EQ(text_at(~uint64_t{0}, room, sizeof room), "");
  EXPECT_EQ(text_at(uint64_t{1} << 60, room, sizeof room), "");
}

TEST(CallerMemory, StopsAtTheEndOfAMapping) {
  const long page = sysconf(_SC_PAGESIZE);
  char* pages =
      static_cast<char*>(mmap(nullptr, static_cast<size_t>(2 * page), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(pages, MAP_FAILED);
  ASSERT_EQ(mprotect(pages + page, static_cast<size_t>(page), PROT_NONE), 0);
  memcpy(pages + page - 3, "abc", 3);
  char room[16];
  EXPECT_EQ(text_at(reinterpret_cast<uintptr_t>(pages + page - 3), room, sizeof room), "abc");
  munmap(pages, static_cast<size_t>(2 * page));
}

TEST(CallerMemory, ReadsAnotherThreadsMemoryAlike) {
  char room[16];
  const pid_t self = getpid();
  EXPECT_EQ(text_of_thread(self, reinterpret_cast<uintptr_t>("short"), room, sizeof room), "short");
  EXPECT_EQ(text_of_thread(self, reinterpret_cast<uintptr_t>("rather long"), room, 8), "rather l");
  EXPECT_EQ(text_of_thread(self, 0, room, sizeof room), "");
  EXPECT_EQ(text_of_thread(self, ~uint64_t{0}, room, sizeof room), "");
}

TEST(QuietOpens, AreLooksThatFailWithoutHarm) {
  const QuietOpens opens = QuietOpens::of_process(getpid());
  EXPECT_TRUE(opens.contains("/proc/sys/vm/overcommit_memory"));
  EXPECT_TRUE(opens.contains("/usr/lib/x86_64-linux-gnu/charset.alias"));
  EXPECT_TRUE(opens.contains("/proc/1234/cmdline"));
  EXPECT_TRUE(opens.contains("/etc/resolv.conf"));
  EXPECT_TRUE(opens.contains("/sys/devices/system/cpu/online"));
  EXPECT_TRUE(opens.contains("/proc/stat"));
  EXPECT_TRUE(opens.contains("/etc/gai.conf"));
  EXPECT_TRUE(opens.contains("/dev/urandom"));
  EXPECT_TRUE(opens.contains("/usr/lib/x86_64-linux-gnu/charset.alias"));
  EXPECT_TRUE(opens.contains("/dev/userfaultfd"));
  for (const char* path : {"", "/proc/cmdline", "/proc//cmdline", "/proc/1/2/cmdline",
                           "/proc/self/cmdline", "/etc/shadow", "/proc/1234/mem", "/dev/random"}) {
    EXPECT_FALSE(opens.contains(path)) << path;
  }
}

TEST(QuietOpens, AreFilesThatAreOpenAnyway) {
  const std::string path = "quiet-opens-test." + std::to_string(getpid());
  EXPECT_FALSE(QuietOpens::of_process(getpid()).contains(path));
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(file, 0);
  const QuietOpens opens = QuietOpens::of_process(getpid());
  unlink(path.c_str());
  close(file);
  EXPECT_TRUE(opens.contains(path));
  EXPECT_TRUE(opens.contains(std::filesystem::current_path().string() + "/" + path));
  EXPECT_FALSE(opens.contains("/" + path));
}

TEST(Line, CutsOffWhatDoesNotFit) {
  Line line;
  for (int i = 0; i < 1000; ++i) line.text("0123456789");
  EXPECT_EQ(line.view().size(), 1536u);
}

TEST(Line, Numbers) {
  Line line;
  line.decimal(INT64_MIN).text(" ").decimal(0).text(" ").octal(0644).text(" ");
  line.hexadecimal(UINT64_MAX);
  EXPECT_EQ(line.view(), "-9223372036854775808 0 0644 0xffffffffffffffff");
}

TEST(ViolationCounts, CountsEachKind) {
  auto counts = std::make_unique<ViolationCounts>();
  const auto open = x86_call(2, {});
  EXPECT_EQ(counts->count(1, open), 1u);
  EXPECT_EQ(counts->count(1, open), 2u);
  EXPECT_EQ(counts->count(2, open), 1u);
  EXPECT_EQ(counts->count(1, x86_call(3, {})), 1u);
}

TEST(ViolationCounts, TellsIoctlCommandsApart) {
  auto counts = std::make_unique<ViolationCounts>();
  EXPECT_EQ(counts->count(1, x86_call(SYS_ioctl, {0, 1})), 1u);
  EXPECT_EQ(counts->count(1, x86_call(SYS_ioctl, {0, 2})), 1u);
  EXPECT_EQ(counts->count(1, x86_call(SYS_ioctl, {5, 2})), 2u);
}

void fill(ViolationCounts& counts) {
  for (size_t tid = 1; tid <= ViolationCounts::kKinds; ++tid) {
    ASSERT_EQ(counts.count(static_cast<pid_t>(tid), x86_call(2, {})), 1u);
  }
}

TEST(ViolationCounts, WithoutRoomThreadsAreNotToldApart) {
  auto counts = std::make_unique<ViolationCounts>();
  fill(*counts);
  EXPECT_EQ(counts->count(100'000, x86_call(2, {})), 1u);
  EXPECT_EQ(counts->count(100'001, x86_call(2, {})), 2u);
  EXPECT_EQ(counts->count(100'001, x86_call(0, {})), 1u);
  EXPECT_EQ(counts->count(100'002, x86_call(0, {})), 2u);
  EXPECT_EQ(counts->count(100'002, x86_call(SYS_ioctl, {0, 1})), 1u);
  EXPECT_EQ(counts->count(100'003, x86_call(SYS_ioctl, {0, 2})), 1u);
  EXPECT_EQ(counts->count(1, x86_call(2, {})), 2u);
}

TEST(ViolationCounts, WhatFindsNoRoomAtAllIsCountedAsOne) {
  auto counts = std::make_unique<ViolationCounts>();
  fill(*counts);
  for (size_t command = 0; command < ViolationCounts::kKindsOfAnyThread; ++command) {
    ASSERT_EQ(counts->count(100'000, x86_call(SYS_ioctl, {0, command})), 1u);
  }
  EXPECT_EQ(counts->count(100'000, x86_call(2, {})), 1u);
  EXPECT_EQ(counts->count(100'001, x86_call(3, {})), 2u);
}

TEST(ViolationCounts, LosesNothingBetweenThreads) {
  auto counts = std::make_unique<ViolationCounts>();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) counts->count(7, x86_call(j % 10, {}));
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int number = 0; number < 10; ++number) {
    EXPECT_EQ(counts->count(7, x86_call(number, {})), 401u);
  }
}

TEST(ViolationCounts, PowersOfTenAreWorthReporting) {
  std::vector<uint32_t> worth;
  for (uint32_t count = 1; count <= 10'000; ++count) {
    if (is_worth_reporting(count)) worth.push_back(count);
  }
  EXPECT_EQ(worth, (std::vector<uint32_t>{1, 10, 100, 1000, 10'000}));
}

}  // namespace
}  // namespace qsbx
