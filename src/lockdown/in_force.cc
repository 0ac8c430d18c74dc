// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/in_force.h"

#include "src/syscalls/syscall_table.h"

namespace qsbx {

InForce& in_force() {
  // Never destroyed: violations happen while a process exits, too.
  static InForce& state = *new InForce;
  return state;
}

bool always_grants(const Policy& policy, std::string_view name) {
  const Syscall* syscall = find_syscall(policy.architecture(), name);
  if (syscall == nullptr) return false;
  const auto found = policy.calls().find(syscall->number);
  return found != policy.calls().end() && found->second.is_unconditional();
}

bool may_read_proc() {
  const Policy* boot = in_force().boot.get();
  if (boot == nullptr) return true;
  const bool links = always_grants(*boot, "readlink") || always_grants(*boot, "readlinkat");
  return links && always_grants(*boot, "newfstatat") && always_grants(*boot, "openat") &&
         always_grants(*boot, "getdents64") && always_grants(*boot, "read") &&
         always_grants(*boot, "lseek") && always_grants(*boot, "close");
}

}  // namespace qsbx
