// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/syscalls/syscall_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "src/syscalls/constants.h"

namespace qsbx {
namespace {

constexpr Architecture kBoth[] = {Architecture::kX86_64, Architecture::kAarch64};

std::vector<std::string> argument_names(const Syscall& call) {
  std::vector<std::string> names;
  for (const SyscallArgument& argument : call.arguments) names.emplace_back(argument.name);
  return names;
}

const SyscallArgument& argument_of(Architecture architecture, const char* call, size_t index) {
  return find_syscall(architecture, call)->arguments[index];
}

TEST(SyscallTableTest, EveryCallIsFoundByItsNameAndNumber) {
  for (Architecture architecture : kBoth) {
    for (const Syscall& call : syscalls(architecture)) {
      EXPECT_EQ(find_syscall(architecture, call.name), &call);
      EXPECT_EQ(find_syscall(architecture, "sys_" + std::string(call.name)), &call);
      EXPECT_EQ(find_syscall(architecture, call.number), &call);
      EXPECT_LE(call.arguments.size(), static_cast<size_t>(kMaxArguments));
    }
  }
}

TEST(SyscallTableTest, NumbersAreThoseOfTheSystemsHeaders) {
  std::ifstream header("/usr/include/x86_64-linux-gnu/asm/unistd_64.h");
  if (!header) GTEST_SKIP() << "no asm/unistd_64.h of x86_64 on this machine";
  const std::regex definition("#define __NR_(\\w+) (\\d+)");
  size_t seen = 0;
  for (std::string line; std::getline(header, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, definition)) continue;
    const Syscall* call = find_syscall(Architecture::kX86_64, match[1].str());
    ASSERT_NE(call, nullptr) << line;
    EXPECT_EQ(call->number, std::stoi(match[2])) << line;
    ++seen;
  }
  EXPECT_GT(seen, 300u);
}

TEST(SyscallTableTest, X86HasEveryNumberThatLinux618Has) {
  std::set<int> missing;
  for (int number = 0; number <= 469; ++number) {
    const bool gap = number >= 337 && number <= 423;
    if (!gap && !find_syscall(Architecture::kX86_64, number)) missing.insert(number);
  }
  EXPECT_THAT(missing, testing::IsEmpty());
  EXPECT_EQ(find_syscall(Architecture::kX86_64, 335)->name, "uretprobe");
  EXPECT_EQ(find_syscall(Architecture::kX86_64, 469)->name, "file_setattr");
}

TEST(SyscallTableTest, UnknownNumbersAndNamesAreNotFound) {
  for (Architecture architecture : kBoth) {
    for (int number : {-1, 400, 100000, static_cast<int>(kX32Bit)}) {
      EXPECT_EQ(find_syscall(architecture, number), nullptr) << number;
    }
    for (const char* name : {"", "sys_", "opena", "openatt", "sys_sys_openat"}) {
      EXPECT_EQ(find_syscall(architecture, name), nullptr) << name;
    }
  }
}

TEST(SyscallTableTest, Aarch64HasItsOwnNumbersAndCalls) {
  EXPECT_EQ(find_syscall(Architecture::kAarch64, "openat")->number, 56);
  EXPECT_EQ(find_syscall(Architecture::kAarch64, "ioctl")->number, 29);
  EXPECT_EQ(find_syscall(Architecture::kAarch64, "fstat")->number, 80);
  EXPECT_EQ(find_syscall(Architecture::kAarch64, "mmap")->number, 222);
  EXPECT_EQ(find_syscall(Architecture::kAarch64, "open"), nullptr);
  EXPECT_EQ(find_syscall(Architecture::kAarch64, "arch_prctl"), nullptr);
  EXPECT_TRUE(syscall_name_exists("open"));
  EXPECT_FALSE(syscall_name_exists("opne"));
}

TEST(SyscallTableTest, CloneOrdersItsArgumentsByArchitecture) {
  EXPECT_THAT(argument_names(*find_syscall(Architecture::kX86_64, "clone")),
              testing::ElementsAre("clone_flags", "newsp", "parent_tidptr", "child_tidptr", "tls"));
  EXPECT_THAT(argument_names(*find_syscall(Architecture::kAarch64, "clone")),
              testing::ElementsAre("clone_flags", "newsp", "parent_tidptr", "tls", "child_tidptr"));
}

TEST(SyscallTableTest, ArgumentsHaveTheWidthAndSignOfTheKernelsPrototypes) {
  struct Case {
    const char* call;
    size_t index;
    const char* name;
    int bits;
    bool is_signed;
    bool is_pointer;
    const char* constants;
  };
  const Case cases[] = {
      {"openat", 0, "dfd", 32, true, false, "at_fd"},
      {"openat", 1, "filename", 64, false, true, ""},
      {"openat", 2, "flags", 32, true, false, "open_flags"},
      {"openat", 3, "mode", 16, false, false, "file_mode"},
      {"ioctl", 1, "cmd", 32, false, false, "ioctl_cmd"},
      {"ioctl", 2, "arg", 64, false, false, ""},
      {"lseek", 1, "offset", 64, true, false, ""},
      {"write", 2, "count", 64, false, false, ""},
      {"mmap", 2, "prot", 64, false, false, "mmap_prot"},
      {"mprotect", 2, "prot", 64, false, false, "mprotect_prot"},
      {"socket", 1, "type", 32, true, false, "socket_type"},
      {"futex", 1, "op", 32, true, false, "futex_op"},
      {"msgrcv", 3, "msgtyp", 64, true, false, ""},
      {"capget", 0, "header", 64, false, true, ""},
      {"io_submit", 0, "ctx_id", 64, false, false, ""},
      {"execve", 1, "argv", 64, false, true, ""},
      {"tgkill", 2, "sig", 32, true, false, "signal"},
  };
  for (const Case& expected : cases) {
    for (Architecture architecture : kBoth) {
      SCOPED_TRACE(std::string(expected.call) + " " + expected.name);
      const SyscallArgument& argument = argument_of(architecture, expected.call, expected.index);
      EXPECT_EQ(argument.name, expected.name);
      EXPECT_EQ(argument.bits, expected.bits);
      EXPECT_EQ(argument.is_signed, expected.is_signed);
      EXPECT_EQ(argument.is_pointer, expected.is_pointer);
      EXPECT_EQ(argument.constants, expected.constants);
    }
  }
}

TEST(SyscallTableTest, ArgumentsThatTheKernelCutsAreAsNarrowAsItSees) {
  for (Architecture architecture : kBoth) {
    EXPECT_EQ(argument_of(architecture, "clone", 0).bits, 32);
    EXPECT_FALSE(argument_of(architecture, "clone", 0).is_signed);
    EXPECT_EQ(argument_of(architecture, "mmap", 4).bits, 32);
    EXPECT_TRUE(argument_of(architecture, "mmap", 4).is_signed);
    EXPECT_EQ(argument_of(architecture, "mbind", 2).bits, 32);
    for (const char* call : {"readv", "writev", "preadv", "pwritev", "preadv2", "pwritev2"}) {
      EXPECT_EQ(argument_of(architecture, call, 0).bits, 32) << call;
    }
  }
}

TEST(SyscallTableTest, EveryGroupOfAnArgumentExists) {
  for (Architecture architecture : kBoth) {
    for (const Syscall& call : syscalls(architecture)) {
      for (const SyscallArgument& argument : call.arguments) {
        if (argument.constants.empty()) continue;
        EXPECT_NE(find_constant_group(architecture, argument.constants), nullptr)
            << call.name << " " << argument.name << " " << argument.constants;
      }
    }
  }
}

TEST(SyscallTableTest, NearestNameForgivesSlipsAndNothingElse) {
  EXPECT_EQ(nearest_syscall_name("opneat"), "openat");
  EXPECT_EQ(nearest_syscall_name("sys_ioclt"), "ioctl");
  EXPECT_EQ(nearest_syscall_name("epol_wait"), "epoll_wait");
  EXPECT_EQ(nearest_syscall_name("mprotekt"), "mprotect");
  EXPECT_EQ(nearest_syscall_name("make_coffee_now"), "");
  EXPECT_EQ(nearest_syscall_name(""), "");
  EXPECT_EQ(nearest_syscall_name(std::string(100000, 'a')), "");
}

// The kernel's own word for the names, where it lets us read it.
std::vector<std::string> traced_names(const std::filesystem::path& format) {
  const std::regex field("\tfield:.*?(\\w+);\toffset.*");
  std::vector<std::string> names;
  std::ifstream file(format);
  for (std::string line; std::getline(file, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, field)) continue;
    const std::string name = match[1];
    if (!name.starts_with("common_") && name != "__syscall_nr") names.push_back(name);
  }
  return names;
}

TEST(SyscallTableTest, ArgumentNamesAreThoseOfTheRunningKernel) {
  const std::filesystem::path events = "/sys/kernel/tracing/events/syscalls";
  if (!std::filesystem::is_directory(events)) {
    GTEST_SKIP() << events << " cannot be read: tracefs is not mounted, or not for this user";
  }
  size_t compared = 0;
  for (const Syscall& call : syscalls(native_architecture())) {
    const auto format = events / ("sys_enter_" + std::string(call.name)) / "format";
    if (!std::filesystem::exists(format)) continue;
    EXPECT_EQ(argument_names(call), traced_names(format)) << call.name;
    ++compared;
  }
  EXPECT_GT(compared, 200u);
}

}  // namespace
}  // namespace qsbx
