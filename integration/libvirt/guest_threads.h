// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which thread of a guest's QEMU has which role, as far as it shows.
#ifndef QSBX_INTEGRATION_LIBVIRT_GUEST_THREADS_H_
#define QSBX_INTEGRATION_LIBVIRT_GUEST_THREADS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "kernel/thread_state.h"

namespace qsbx {

struct ThreadOfRole {
  ThreadState state;
  std::string role;
};

// The threads whose role has a policy of its own (confined_roles()), by their names. `call_rcu`
// starts before QEMU names its threads: it is the one that is called as the process is. A thread
// that starts just now is called so, too; while there are more such threads, it is not told apart.
std::vector<ThreadOfRole> threads_of_roles(pid_t qemu, const std::vector<ThreadState>& threads);

}  // namespace qsbx

#endif
