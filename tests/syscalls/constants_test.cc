// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/syscalls/constants.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/futex.h>
#include <linux/if_tun.h>
#include <linux/kvm.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace qsbx {
namespace {

constexpr Architecture kX86 = Architecture::kX86_64;
constexpr Architecture kArm = Architecture::kAarch64;
constexpr Architecture kBoth[] = {kX86, kArm};

TEST(ConstantsTest, EveryNameOfEveryGroupIsFoundAndFitsItsKind) {
  for (Architecture architecture : kBoth) {
    for (const char* name : {"open_flags", "ioctl_cmd", "mmap_flags", "clone_flags", "errno"}) {
      const ConstantGroup* group = find_constant_group(architecture, name);
      ASSERT_NE(group, nullptr) << name;
      EXPECT_EQ(group->name, name);
      EXPECT_TRUE(std::ranges::any_of(group->constants, &Constant::is_printed));
      for (const Constant& constant : group->constants) {
        EXPECT_EQ(find_constant(architecture, name, constant.name), constant.value);
      }
    }
  }
}

TEST(ConstantsTest, ValuesAreThoseOfTheHeadersThisTestWasCompiledWith) {
#define EXPECT_CONSTANT(group, name) \
  EXPECT_EQ(find_constant(native_architecture(), group, #name), static_cast<uint64_t>(name))
  EXPECT_CONSTANT("open_flags", O_CLOEXEC);
  EXPECT_CONSTANT("open_flags", O_DIRECT);
  EXPECT_CONSTANT("open_flags", O_TMPFILE);
  EXPECT_CONSTANT("open_flags", O_ACCMODE);
  EXPECT_CONSTANT("at_fd", AT_FDCWD);
  EXPECT_CONSTANT("mmap_prot", PROT_EXEC);
  EXPECT_CONSTANT("mmap_flags", MAP_FIXED_NOREPLACE);
  EXPECT_CONSTANT("madvise_advice", MADV_DONTNEED);
  EXPECT_CONSTANT("clone_flags", CLONE_THREAD);
  EXPECT_CONSTANT("clone_flags", SIGCHLD);
  EXPECT_CONSTANT("ioctl_cmd", KVM_RUN);
  EXPECT_CONSTANT("ioctl_cmd", KVM_IRQFD);
  EXPECT_CONSTANT("ioctl_cmd", KVM_SET_USER_MEMORY_REGION);
  EXPECT_CONSTANT("ioctl_cmd", TUNSETOFFLOAD);
  EXPECT_CONSTANT("ioctl_cmd", FIONBIO);
  EXPECT_CONSTANT("ioctl_cmd", TCGETS);
  EXPECT_CONSTANT("ioctl_cmd", TIOCGWINSZ);
  EXPECT_CONSTANT("ioctl_cmd", SIOCGIFNAME);
  EXPECT_CONSTANT("prctl_option", PR_SET_NAME);
  EXPECT_CONSTANT("futex_op", FUTEX_WAIT);
  EXPECT_CONSTANT("socket_family", AF_UNIX);
  EXPECT_CONSTANT("socket_type", SOCK_NONBLOCK);
  EXPECT_CONSTANT("msg_flags", MSG_CMSG_CLOEXEC);
  EXPECT_CONSTANT("fcntl_cmd", F_DUPFD_CLOEXEC);
  EXPECT_CONSTANT("signal", SIGSYS);
#undef EXPECT_CONSTANT
}

TEST(ConstantsTest, EachArchitectureHasItsOwnValues) {
  struct Case {
    const char* name;
    uint64_t x86;
    uint64_t arm;
  };
  // arch/arm64/include/uapi/asm/fcntl.h and include/uapi/asm-generic/fcntl.h
  const Case cases[] = {{"O_DIRECTORY", 0200000, 040000},    {"O_NOFOLLOW", 0400000, 0100000},
                        {"O_DIRECT", 040000, 0200000},       {"O_LARGEFILE", 0100000, 0400000},
                        {"O_TMPFILE", 020200000, 020040000}, {"O_CLOEXEC", 02000000, 02000000}};
  for (const Case& expected : cases) {
    EXPECT_EQ(find_constant(kX86, "open_flags", expected.name), expected.x86) << expected.name;
    EXPECT_EQ(find_constant(kArm, "open_flags", expected.name), expected.arm) << expected.name;
  }
  EXPECT_TRUE(find_constant(kX86, "mmap_flags", "MAP_32BIT"));
  EXPECT_FALSE(find_constant(kArm, "mmap_flags", "MAP_32BIT"));
  EXPECT_TRUE(find_constant(kArm, "mmap_prot", "PROT_BTI"));
  EXPECT_TRUE(find_constant(kX86, "ioctl_cmd", "KVM_SET_MSRS"));
  EXPECT_TRUE(find_constant(kArm, "ioctl_cmd", "KVM_ARM_VCPU_INIT"));
}

TEST(ConstantsTest, UnknownGroupsAndNamesAreNotFound) {
  EXPECT_EQ(find_constant_group(kX86, "no_such_group"), nullptr);
  EXPECT_EQ(find_constant(kX86, "no_such_group", "O_CREAT"), std::nullopt);
  EXPECT_EQ(find_constant(kX86, "file_mode", "O_CREAT"), std::nullopt);
  EXPECT_EQ(group_of_constant(kX86, "O_CREATE"), nullptr);
  EXPECT_NE(group_of_constant(kX86, "O_CREAT"), nullptr);
}

TEST(ConstantsTest, NearestNameForgivesSlipsInItsGroup) {
  EXPECT_EQ(nearest_constant_name(kX86, "open_flags", "O_CREATE"), "O_CREAT");
  EXPECT_EQ(nearest_constant_name(kX86, "ioctl_cmd", "KVM_RNU"), "KVM_RUN");
  EXPECT_EQ(nearest_constant_name(kX86, "mmap_prot", "PROT_EXECUTE"), "PROT_EXEC");
  EXPECT_EQ(nearest_constant_name(kX86, "open_flags", "KVM_RUN"), "");
  EXPECT_EQ(nearest_constant_name(kX86, "no_such_group", "O_CREAT"), "");
}

TEST(ConstantsTest, ErrnoGoesThereAndBack) {
  EXPECT_EQ(find_errno("ENOSYS"), ENOSYS);
  EXPECT_EQ(find_errno("EWOULDBLOCK"), EAGAIN);
  EXPECT_EQ(find_errno("ENOTHING"), std::nullopt);
  EXPECT_EQ(errno_name(EAGAIN), "EAGAIN");
  EXPECT_EQ(errno_name(EPERM), "EPERM");
  EXPECT_EQ(errno_name(0), "");
  EXPECT_EQ(errno_name(-1), "");
  EXPECT_EQ(errno_name(4000), "");
}

}  // namespace
}  // namespace qsbx
