// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What profile text means: which calls with which arguments its rules grant.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/kvm.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <random>
#include <string>

#include "src/profile/profile.h"

namespace qsbx {
namespace {

Profile parse(const std::string& text, Architecture architecture = Architecture::kX86_64) {
  Result<Profile> profile = parse_profile(text, "f", architecture, true);
  if (profile.ok()) return std::move(*profile);
  ADD_FAILURE() << text << "\n" << profile.error().to_string();
  return {};
}

const Syscall& call_of(std::string_view name, Architecture architecture = Architecture::kX86_64) {
  return *find_syscall(architecture, name);
}

// Whether any rule grants the call.
bool grants(const Profile& profile, int number, const Arguments& arguments) {
  return std::any_of(profile.rules.begin(), profile.rules.end(), [&](const Rule& rule) {
    return std::count(rule.numbers.begin(), rule.numbers.end(), number) > 0 &&
           holds(rule.condition, arguments);
  });
}

bool grants(const std::string& text, int number, const Arguments& arguments) {
  return grants(parse(text), number, arguments);
}

TEST(Rules, TheFormOfTheTraceFilters) {
  for (const char* text : {"sys_read: (fd == 0)", "read: fd == 0\n", "read:fd==0#x"}) {
    EXPECT_TRUE(grants(text, SYS_read, {0})) << text;
    EXPECT_FALSE(grants(text, SYS_read, {1})) << text;
    EXPECT_FALSE(grants(text, SYS_write, {0})) << text;
  }
  EXPECT_TRUE(parse("close: 1").rules[0].condition.is_always());
  EXPECT_TRUE(parse("execve: 0").rules[0].condition.is_never());
}

TEST(Rules, AThirtyTwoBitArgumentIsComparedOnItsLowHalf) {
  const uint64_t garbage = 0xdeadbeef'00000000;
  EXPECT_TRUE(grants("ioctl: cmd == KVM_RUN", SYS_ioctl, {3, garbage | KVM_RUN}));
  EXPECT_FALSE(grants("ioctl: cmd != KVM_RUN", SYS_ioctl, {3, garbage | KVM_RUN}));
  EXPECT_FALSE(grants("ioctl: !(cmd in { TIOCSTI, TIOCLINUX })", SYS_ioctl, {0, garbage | 0x5412}));
  EXPECT_FALSE(grants("open: (flags & O_CREAT) == 0", SYS_open, {0, garbage | O_CREAT}));
  EXPECT_TRUE(grants("read: count < 0x100000000", SYS_read, {0, 0, 0xffffffff}));
  EXPECT_FALSE(grants("read: count < 0x100000000", SYS_read, {0, 0, 0x100000000}));
  EXPECT_TRUE(grants("open: mode == 0644", SYS_open, {0, 0, 0xabcd'01a4}));
}

TEST(Rules, NegativeNumbers) {
  for (const uint64_t minus_one : {~uint64_t{0}, uint64_t{0xffffffff}, uint64_t{0x1234ffffffff}}) {
    const Arguments arguments = {0, 0, minus_one};
    EXPECT_TRUE(grants("poll: timeout_msecs == -1", SYS_poll, arguments));
    EXPECT_TRUE(grants("poll: timeout_msecs == 0xffffffff", SYS_poll, arguments));
    EXPECT_TRUE(grants("poll: timeout_msecs < 0", SYS_poll, arguments));
    EXPECT_TRUE(grants("poll: timeout_msecs in { -5..5 }", SYS_poll, arguments));
    EXPECT_FALSE(grants("poll: timeout_msecs >= 0", SYS_poll, arguments));
    EXPECT_TRUE(grants("poll: (timeout_msecs & ~0) > 5", SYS_poll, arguments));
  }
  EXPECT_TRUE(grants("openat: dfd == AT_FDCWD", SYS_openat, {static_cast<uint32_t>(-100)}));
  EXPECT_TRUE(grants("openat: dfd == AT_FDCWD", SYS_openat, {static_cast<uint64_t>(-100)}));
  EXPECT_FALSE(grants("openat: dfd == AT_FDCWD", SYS_openat, {100}));
  EXPECT_TRUE(grants("lseek: offset == -1", SYS_lseek, {0, ~uint64_t{0}}));
  EXPECT_TRUE(grants("lseek: offset < 0", SYS_lseek, {0, uint64_t{1} << 63}));
}

TEST(Rules, Bits) {
  EXPECT_TRUE(grants("open: flags & O_CREAT|O_TRUNC", SYS_open, {0, O_TRUNC}));
  EXPECT_TRUE(grants("open: flags & (O_CREAT | O_TRUNC)", SYS_open, {0, O_CREAT | O_WRONLY}));
  EXPECT_FALSE(grants("open: flags & O_CREAT|O_TRUNC", SYS_open, {0, O_WRONLY}));
  const char* read_only = "open: (flags & O_ACCMODE) == O_RDONLY && !(flags & O_CREAT)";
  EXPECT_TRUE(grants(read_only, SYS_open, {0, O_RDONLY | O_CLOEXEC}));
  EXPECT_FALSE(grants(read_only, SYS_open, {0, O_RDWR}));
  EXPECT_FALSE(grants(read_only, SYS_open, {0, O_CREAT}));
  const char* plain = "mmap: (flags & ~(MAP_PRIVATE|MAP_ANONYMOUS)) == 0";
  EXPECT_TRUE(grants(plain, SYS_mmap, {0, 0, 0, MAP_PRIVATE | MAP_ANONYMOUS}));
  EXPECT_FALSE(grants(plain, SYS_mmap, {0, 0, 0, MAP_PRIVATE | MAP_FIXED}));
  EXPECT_FALSE(grants(plain, SYS_mmap, {0, 0, 0, uint64_t{1} << 40}));
}

// The trap: "the type is 'd'" taken for "any bit of 0x6400".
TEST(Rules, PartsOfAnIoctlNumber) {
  const char* drm = "ioctl: _IOC_TYPE(cmd) == 'd'";
  for (uint64_t type = 0; type < 256; ++type) {
    EXPECT_EQ(grants(drm, SYS_ioctl, {0, (type << 8) | 0xc0040001}), type == 'd');
  }
  EXPECT_TRUE(grants("ioctl: _IOC_NR(cmd) in { 0x80..0x8f }", SYS_ioctl, {0, KVM_RUN}));
  EXPECT_FALSE(grants("ioctl: _IOC_NR(cmd) > 0x80", SYS_ioctl, {0, KVM_RUN}));
  const char* reading = "ioctl: _IOC_DIR(cmd) == _IOC_READ|_IOC_WRITE && _IOC_SIZE(cmd) == 24";
  EXPECT_TRUE(grants(reading, SYS_ioctl, {0, _IOWR(1, 2, char[24])}));
  EXPECT_FALSE(grants(reading, SYS_ioctl, {0, _IOR(1, 2, char[24])}));
  EXPECT_FALSE(grants(reading, SYS_ioctl, {0, _IOWR(1, 2, char[25])}));
}

TEST(Rules, PrecedenceAndNesting) {
  const char* text = "read: fd == 1 || fd == 2 && count == 5 || !(fd != 7 || count > 3)";
  EXPECT_TRUE(grants(text, SYS_read, {1, 0, 9}));
  EXPECT_FALSE(grants(text, SYS_read, {2, 0, 9}));
  EXPECT_TRUE(grants(text, SYS_read, {2, 0, 5}));
  EXPECT_TRUE(grants(text, SYS_read, {7, 0, 3}));
  EXPECT_FALSE(grants(text, SYS_read, {7, 0, 4}));
  EXPECT_TRUE(grants("read: (((fd == 1)) && ((count == 2)))", SYS_read, {1, 0, 2}));
  EXPECT_TRUE(grants("read: count == 1 << 4 | 3", SYS_read, {0, 0, 0x13}));
  EXPECT_TRUE(grants("read: count in { 0x10..20, 010 }", SYS_read, {0, 0, 8}));
}

TEST(Rules, ALineThatBeginsWithAnOperatorGoesOn) {
  const char* text = "read: fd == 1   # one\n    || fd == 2\r\n\t&& count == 5\nwrite: 1\n";
  EXPECT_TRUE(grants(text, SYS_read, {1}));
  EXPECT_TRUE(grants(text, SYS_read, {2, 0, 5}));
  EXPECT_FALSE(grants(text, SYS_read, {2, 0, 6}));
  EXPECT_EQ(parse(text).rules.at(1).where.line, 4);
}

// The trap: a second entry for a call replaced the first.
TEST(Rules, ASecondRuleAdds) {
  const Profile profile = parse("read: fd == 1\nread: fd == 2\n");
  EXPECT_TRUE(grants(profile, SYS_read, {1}));
  EXPECT_TRUE(grants(profile, SYS_read, {2}));
  EXPECT_FALSE(grants(profile, SYS_read, {3}));
}

TEST(Rules, SetsOfCallsFindEachCallsOwnArgument) {
  const Profile profile = parse("{ open, openat }: flags & O_CREAT\n");
  EXPECT_TRUE(grants(profile, SYS_open, {0, O_CREAT, 0}));
  EXPECT_FALSE(grants(profile, SYS_open, {0, 0, O_CREAT}));
  EXPECT_TRUE(grants(profile, SYS_openat, {0, 0, O_CREAT}));
  EXPECT_FALSE(grants(profile, SYS_openat, {0, O_CREAT, 0}));
  EXPECT_EQ(profile.rules.size(), 2u);
  EXPECT_EQ(parse("{ read, write, write }: fd == 1\n").rules.size(), 1u);
}

TEST(Rules, AllExcept) {
  const Profile profile = parse("all except { execve, execveat }: 1\n");
  ASSERT_EQ(profile.rules.size(), 1u);
  EXPECT_EQ(profile.rules[0].numbers.size(), syscalls(Architecture::kX86_64).size() - 2);
  EXPECT_FALSE(grants(profile, SYS_execve, {}));
  EXPECT_TRUE(grants(profile, SYS_read, {}));
}

TEST(Rules, Else) {
  const Profile profile =
      parse("clone3: 0 else ENOSYS\nclone: clone_flags & CLONE_THREAD else EPERM\nread: 1\n");
  EXPECT_EQ(profile.rules[0].error, ENOSYS);
  EXPECT_TRUE(profile.rules[0].condition.is_never());
  EXPECT_EQ(profile.rules[1].error, EPERM);
  EXPECT_FALSE(profile.rules[2].error.has_value());
}

TEST(Rules, AreOneTextForAllArchitectures) {
  const char* text = "{ open, read }: 1\nopen: flags & O_CREAT\n";
  const Profile arm = parse(text, Architecture::kAarch64);
  ASSERT_EQ(arm.rules.size(), 1u);
  EXPECT_EQ(arm.rules[0].numbers, std::vector{call_of("read", Architecture::kAarch64).number});
  ASSERT_EQ(arm.notes.size(), 2u);
  EXPECT_EQ(arm.notes[0].id, "QSBX-190");
  EXPECT_EQ(arm.notes[1].where.line, 2);
  EXPECT_NE(arm.notes[0].message.find("open does not exist on aarch64"), std::string::npos);
  EXPECT_TRUE(parse(text).notes.empty());
}

TEST(Rules, ConstantsOfAnotherArchitecture) {
  const Profile arm = parse(
      "mmap: flags & MAP_32BIT\n"
      "mmap: flags in { MAP_PRIVATE, MAP_32BIT }\n"
      "mmap: flags in { MAP_32BIT }\n",
      Architecture::kAarch64);
  ASSERT_EQ(arm.rules.size(), 1u);
  EXPECT_EQ(arm.rules[0].where.line, 2);
  EXPECT_EQ(arm.notes.size(), 3u);
  EXPECT_EQ(arm.notes[0].id, "QSBX-191");
  const Arguments private_mapping = {0, 0, 0, MAP_PRIVATE};
  EXPECT_TRUE(holds(arm.rules[0].condition, private_mapping));
  EXPECT_EQ(parse("mmap: flags & MAP_32BIT\n").rules.size(), 1u);
}

TEST(Statements, FillTheProfile) {
  const auto profile = parse_profile(
      "# what it is for\r\n"
      "profile virtio-net\r\n"
      "applies to device virtio-net-device, virtio-net-pci*\r\n"
      "applies to netdev tap+vhost\r\n"
      "phase boot\r\n"
      "include base/eventfd\r\n"
      "\r\n"
      "[main, vcpu, main]\r\n"
      "read: fd in {\r\n"
      "  1,   # the first\r\n"
      "  2\r\n"
      "}\r\n"
      "[feature hotplug, main]\r\n"
      "  write: 1\r\n"
      "[all]\r\n"
      "close: 1",
      "net.profile", Architecture::kX86_64);
  ASSERT_TRUE(profile.ok()) << profile.error().to_string();
  EXPECT_EQ(profile->name, "virtio-net");
  EXPECT_EQ(profile->phase, Phase::kBoot);
  ASSERT_EQ(profile->applies.size(), 3u);
  EXPECT_EQ(profile->applies[1].pattern, "virtio-net-pci*");
  EXPECT_EQ(profile->applies[2].kind + " " + profile->applies[2].pattern, "netdev tap+vhost");
  ASSERT_EQ(profile->includes.size(), 1u);
  EXPECT_EQ(profile->includes[0].path, "base/eventfd");
  EXPECT_EQ(profile->includes[0].where.line, 6);
  ASSERT_EQ(profile->rules.size(), 3u);
  EXPECT_EQ(profile->rules[0].roles, (std::vector<std::string>{"main", "vcpu"}));
  EXPECT_EQ(profile->rules[1].feature, "hotplug");
  EXPECT_EQ(profile->rules[1].where.line, 14);
  EXPECT_EQ(profile->rules[1].where.column, 3);
  EXPECT_EQ(profile->rules[1].where.file, "net.profile");
  EXPECT_TRUE(profile->rules[2].roles.empty());
  EXPECT_TRUE(profile->rules[2].feature.empty());
}

TEST(Statements, WhatChangesWhileTheGuestRuns) {
  const Profile profile =
      parse("changes fds(tap), fds(kvm-vcpu)\n[feature f]\nchanges fds(vhost)\n");
  ASSERT_EQ(profile.changes.size(), 3u);
  EXPECT_EQ(profile.changes[0].descriptors, DescriptorKind::kTap);
  EXPECT_EQ(profile.changes[0].feature, "");
  EXPECT_EQ(profile.changes[1].descriptors, DescriptorKind::kKvmVcpu);
  EXPECT_EQ(profile.changes[2].descriptors, DescriptorKind::kVhost);
  EXPECT_EQ(profile.changes[2].feature, "f");
}

TEST(Text, DescriptorsAreAnyUntilTheyAreBound) {
  const Profile profile =
      parse("{ read, ioctl }: fd in fds(\n  tap)\nmmap: fd in fds( kvm-vcpu )\n");
  ASSERT_EQ(profile.rules.size(), 2u);
  for (const uint64_t fd : {uint64_t{0}, uint64_t{0x7fffffff}, ~uint64_t{0}}) {
    EXPECT_TRUE(holds(profile.rules[0].condition, {fd}));
    EXPECT_TRUE(holds(profile.rules[1].condition, {0, 0, 0, 0, fd}));
  }
}

TEST(Statements, AProfileWithoutRulesIsAProfile) {
  const auto profile = parse_profile("profile none\n", "f", Architecture::kX86_64);
  ASSERT_TRUE(profile.ok());
  EXPECT_TRUE(profile->rules.empty());
  EXPECT_EQ(profile->phase, Phase::kRun);
  EXPECT_TRUE(parse("").rules.empty());
}

TEST(Text, ExpressionsReadBackAsTheyWerePrinted) {
  const Architecture architecture = Architecture::kX86_64;
  for (const std::string text :
       {"poll: timeout_msecs in { -7..-1, 30 }", "open: flags & O_CREAT|O_TRUNC",
        "openat: dfd == AT_FDCWD && (flags & O_ACCMODE) == O_RDONLY", "openat: dfd < -5",
        "ioctl: _IOC_TYPE(cmd) == 'd' || cmd in { KVM_RUN, 1..9 }",
        "ioctl: fd in fds(kvm-vcpu) && cmd == KVM_RUN || fd in fds(tap)",
        "mmap: (flags & ~(MAP_PRIVATE|MAP_ANONYMOUS)) == 0 && !(prot == PROT_EXEC || len > 5)"}) {
    const Syscall& call = call_of(text.substr(0, text.find(':')));
    const std::string printed = parse(text).rules.at(0).condition.to_string(call, architecture);
    const Profile again = parse(std::string(call.name) + ": " + printed);
    ASSERT_EQ(again.rules.size(), 1u) << printed;
    EXPECT_EQ(again.rules[0].condition.to_string(call, architecture), printed);
  }
}

const char kSample[] =
    "profile p\napplies to device a, b*\ninclude base/x\n[main, feature f]\n"
    "ioctl: _IOC_TYPE(cmd) == 'd' && cmd in { KVM_RUN, 1..9 } else EPERM\n"
    "all except { read }: 1\nchanges fds(tap)\nioctl: fd in fds(kvm-vcpu)\nopen: !(flags & "
    "~O_CREAT | 1 << 3) || (flags & O_ACCMODE) == 0 # c\n";

// Only that the parser comes back, with an answer or with errors that are within the text.
void expect_survival(const std::string& text) {
  const auto result = parse_profile(text, "f", Architecture::kX86_64);
  if (result.ok()) return;
  EXPECT_FALSE(result.error().diagnostics.empty());
  const int lines = 1 + static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  for (const Diagnostic& diagnostic : result.error().diagnostics) {
    EXPECT_LE(diagnostic.where.line, lines);
    EXPECT_GE(diagnostic.where.line, 1);
    EXPECT_GE(diagnostic.where.column, 1);
  }
}

TEST(Text, AnyBytes) {
  const unsigned seed = std::random_device()();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  const std::string sample(kSample);
  for (int round = 0; round < 4000; ++round) {
    std::string text = round % 2 == 0 ? sample : std::string(random() % 200, '\0');
    const size_t changes = round % 2 == 0 ? 1 + random() % 6 : text.size();
    for (size_t i = 0; i < changes && !text.empty(); ++i) {
      text[random() % text.size()] = static_cast<char>(random());
    }
    if (round % 8 == 0) text.resize(random() % (text.size() + 1));
    expect_survival(text);
  }
  for (size_t length = 0; length <= sample.size(); ++length) {
    expect_survival(sample.substr(0, length));
  }
  expect_survival(std::string("profile a\0b\nread: 1\0\n", 21));
}

TEST(Text, AByteOrderMarkIsNoPartOfIt) {
  EXPECT_TRUE(parse_profile("\xef\xbb\xbfprofile a\n", "f", Architecture::kX86_64).ok());
}

// A short text must not become large rules: many calls share one expression.
TEST(Text, IsNotMultiplied) {
  std::string text = "all except { read }: 1\n";
  for (int i = 0; i < 1999; ++i)
    text += "{ read, write, pread64, pwrite64, readv, writev }: fd == 3\n";
  const Profile profile = parse(text);
  EXPECT_EQ(profile.rules.size(), 2000u);
}

// Reading a whole set is part of the moment in which a machine is locked down. The bound is far
// above what it takes, so that a slow or busy machine does not fail it; the time is printed.
TEST(Text, IsReadQuickly) {
  std::string file = "profile p\n\n# why\n[main]\n";
  for (int i = 0; i < 11; ++i) {
    file +=
        "# what it is for\n{ read, write }: fd == 3 && count <= 4096\n"
        "ioctl: cmd in { KVM_IOEVENTFD, KVM_IRQFD }   # ioeventfd\nclose: 1\n"
        "mmap: (prot & PROT_EXEC) == 0 && (flags & MAP_SHARED)\n";
  }
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 60; ++i) {
    const std::string name = "device/" + std::to_string(i) + ".profile";
    ASSERT_TRUE(parse_profile(file, name, Architecture::kX86_64).ok());
  }
  const auto taken = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - start);
  const auto lines = 60 * std::count(file.begin(), file.end(), '\n');
  std::cout << lines << " lines in " << taken.count() << " us\n";
  EXPECT_LT(taken.count(), 500'000);
}

}  // namespace
}  // namespace qsbx
