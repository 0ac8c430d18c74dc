// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "src/syscalls/constants.h"

namespace qsbx {
namespace {

constexpr Architecture kX86 = Architecture::kX86_64;

struct Case {
  const char* group;
  uint64_t value;
  const char* text;
};

class DescribeValueTest : public testing::TestWithParam<Case> {};

TEST_P(DescribeValueTest, ReadsAsAPersonWouldWriteIt) {
  EXPECT_EQ(describe_value(kX86, GetParam().group, GetParam().value), GetParam().text);
}

const Case kCases[] = {
    {"open_flags", 0, "O_RDONLY"},
    {"open_flags", 02000000, "O_RDONLY|O_CLOEXEC"},
    {"open_flags", 0102, "O_RDWR|O_CREAT"},
    {"open_flags", 04010000, "O_RDONLY|O_SYNC"},
    {"open_flags", 020200002, "O_RDWR|O_TMPFILE"},
    {"open_flags", 0x80000003, "0x80000003"},
    {"open_flags", 0x80000002, "O_RDWR|0x80000000"},
    {"file_mode", 0644, "0644"},
    {"file_mode", 0, "0"},
    {"mmap_prot", 0, "PROT_NONE"},
    {"mmap_prot", 3, "PROT_READ|PROT_WRITE"},
    {"mmap_flags", 0x22, "MAP_PRIVATE|MAP_ANONYMOUS"},
    {"mmap_flags", 0x20, "MAP_ANONYMOUS"},
    {"clone_flags", 17, "SIGCHLD"},
    {"clone_flags", 0x111, "SIGCHLD|CLONE_VM"},
    {"clone_flags", 0, "0"},
    {"socket_type", 0x80001, "SOCK_STREAM|SOCK_CLOEXEC"},
    {"socket_family", 0, "AF_UNSPEC"},
    {"socket_family", 1, "AF_UNIX"},
    {"socket_family", 4711, "0x1267"},
    {"socket_protocol", 0, "0"},
    {"sockopt_name", 1, "1"},
    {"sockopt_name", 71, "SO_NETNS_COOKIE"},
    {"futex_op", 0x80, "FUTEX_WAIT|FUTEX_PRIVATE_FLAG"},
    {"futex_op", 0x189, "FUTEX_WAIT_BITSET|FUTEX_PRIVATE_FLAG|FUTEX_CLOCK_REALTIME"},
    {"ioctl_cmd", 0xae80, "KVM_RUN"},
    {"ioctl_cmd", 0x5421, "FIONBIO"},
    {"ioctl_cmd", 0x12345678, "0x12345678"},
    {"at_fd", 0xffffff9c, "AT_FDCWD"},
    {"at_fd", 0xffffffffffffff9c, "AT_FDCWD"},
    {"at_fd", 7, "7"},
    {"fcntl_arg", 0x800, "O_NONBLOCK"},
    {"fcntl_arg", 0x7ffd12345678, "0x7ffd12345678"},
    {"msg_flags", 0, "0"},
    {"no_such_group", 9, "9"},
    {"no_such_group", 31, "0x1f"},
    {"", ~0ull, "0xffffffffffffffff"},
};

INSTANTIATE_TEST_SUITE_P(Values, DescribeValueTest, testing::ValuesIn(kCases));

TEST(DescribeValueIntoTest, CutsOffWhatDoesNotFitAndAlwaysTerminates) {
  const std::string whole = "O_RDONLY|O_CLOEXEC";
  for (size_t size = 1; size <= whole.size() + 2; ++size) {
    char buffer[32];
    std::memset(buffer, '#', sizeof buffer);
    const size_t length = describe_value_into(buffer, size, kX86, "open_flags", 02000000);
    EXPECT_EQ(length, std::min(size - 1, whole.size()));
    EXPECT_EQ(buffer, whole.substr(0, length));
    EXPECT_EQ(buffer[size], '#');
  }
}

TEST(DescribeValueIntoTest, AnEmptyBufferIsLeftAlone) {
  char untouched = '#';
  EXPECT_EQ(describe_value_into(&untouched, 0, kX86, "open_flags", 0), 0u);
  EXPECT_EQ(untouched, '#');
}

TEST(DescribeValueTest, DoesNotLoseABitOfAnyFlagsValue) {
  for (const char* name : {"open_flags", "mmap_flags", "clone_flags", "mount_flags"}) {
    const ConstantGroup* group = find_constant_group(kX86, name);
    for (int bit = 0; bit < 32; ++bit) {
      const uint64_t value = uint64_t{1} << bit;
      const std::string text = describe_value(kX86, name, value);
      uint64_t sum = 0;
      for (size_t begin = 0; begin < text.size();) {
        const size_t end = std::min(text.find('|', begin), text.size());
        const std::string item = text.substr(begin, end - begin);
        const auto known = find_constant(kX86, group->name, item);
        sum |= known ? *known : std::stoull(item, nullptr, 0);
        begin = end + 1;
      }
      EXPECT_EQ(sum, value) << name << " " << text;
    }
  }
}

}  // namespace
}  // namespace qsbx
