// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/guest_threads.h"

#include <algorithm>

#include "src/machine/role_policies.h"
#include "src/machine/thread_role.h"

namespace qsbx {
namespace {

std::string name_of_process(pid_t qemu, const std::vector<ThreadState>& threads) {
  const auto main = std::ranges::find(threads, qemu, &ThreadState::tid);
  return main == threads.end() ? "" : main->name;
}

bool has_own_policy(const std::string& role) {
  return std::ranges::find(confined_roles(), role) != confined_roles().end();
}

}  // namespace

std::vector<ThreadOfRole> threads_of_roles(pid_t qemu, const std::vector<ThreadState>& threads) {
  const std::string process = name_of_process(qemu, threads);
  const bool shows_call_rcu = std::ranges::count(threads, process, &ThreadState::name) == 2;
  std::vector<ThreadOfRole> found;
  for (const ThreadState& thread : threads) {
    if (thread.tid == qemu) continue;
    const bool unnamed = thread.name == process;
    const std::string role = unnamed && shows_call_rcu ? "rcu" : role_of_thread(thread.name);
    if (has_own_policy(role)) found.push_back({thread, role});
  }
  return found;
}

}  // namespace qsbx
