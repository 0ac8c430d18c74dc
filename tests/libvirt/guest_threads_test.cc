// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/guest_threads.h"

#include <gmock/gmock.h>

namespace qsbx {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr pid_t kQemu = 100;

ThreadState thread(pid_t tid, const std::string& name) { return {tid, name, 2, 3, true, false}; }

std::vector<std::string> roles_in(const std::vector<ThreadState>& threads) {
  std::vector<std::string> found;
  for (const auto& [state, role] : threads_of_roles(kQemu, threads)) {
    found.push_back(std::to_string(state.tid) + " " + role);
  }
  return found;
}

TEST(ThreadsOfRoles, AreThoseThatHaveAPolicyOfTheirOwn) {
  EXPECT_THAT(roles_in({thread(kQemu, "qemu-system-x86"), thread(103, "IO mon_iothread"),
                        thread(104, "CPU 0/TCG"), thread(105, "IO iothread1"),
                        thread(106, "worker"), thread(107, "vnc_worker"),
                        thread(108, "qsbx-spawner"), thread(109, "mig/dst/recv_0")}),
              ElementsAre("104 vcpu", "105 iothread", "106 worker", "107 vnc"));
}

TEST(ThreadsOfRoles, OneWithTheNameOfTheProcessIsCallRcu) {
  EXPECT_THAT(roles_in({thread(kQemu, "qemu-system-x86"), thread(101, "qemu-system-x86")}),
              ElementsAre("101 rcu"));
}

TEST(ThreadsOfRoles, OfSeveralWithThatNameNoneIsKnown) {
  EXPECT_THAT(roles_in({thread(kQemu, "qemu-system-x86"), thread(101, "qemu-system-x86"),
                        thread(102, "qemu-system-x86")}),
              IsEmpty());
}

TEST(ThreadsOfRoles, TheMainThreadIsNoneWhateverItIsCalled) {
  EXPECT_THAT(roles_in({thread(kQemu, "CPU 0/KVM")}), IsEmpty());
}

}  // namespace
}  // namespace qsbx
