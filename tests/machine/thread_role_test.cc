// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/thread_role.h"

#include <gtest/gtest.h>

#include "src/profile/profile.h"

namespace qsbx {
namespace {

// As the kernel keeps them: 15 bytes.
TEST(ThreadRole, NamesOfQemusThreads) {
  EXPECT_EQ(role_of_thread("CPU 0/KVM"), "vcpu");
  EXPECT_EQ(role_of_thread("CPU 127/TCG"), "vcpu");
  EXPECT_EQ(role_of_thread("ALL CPUs/TCG"), "vcpu");
  EXPECT_EQ(role_of_thread("IO io0"), "iothread");
  EXPECT_EQ(role_of_thread("IO mon_iothread"), "monitor");
  EXPECT_EQ(role_of_thread("worker"), "worker");
  EXPECT_EQ(role_of_thread("call_rcu"), "rcu");
  EXPECT_EQ(role_of_thread("vnc_worker"), "vnc");
  EXPECT_EQ(role_of_thread("live_migration"), "migration");
  EXPECT_EQ(role_of_thread("multifdsend_0"), "migration");
}

TEST(ThreadRole, OtherNames) {
  for (const char* name : {"", "SPICE Worker", "qemu-system-x86", "CPU", "IO"}) {
    EXPECT_EQ(role_of_thread(name), "other") << name;
    EXPECT_TRUE(is_role(role_of_thread(name)));
  }
}

}  // namespace
}  // namespace qsbx
