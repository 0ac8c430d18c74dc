// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The programs that threads put on top of the process's, each for its role. They lie in pages that
// are never written to again, where the kernel can seal them: the process's policy grants
// seccomp(2) for the addresses of these programs and for nothing else. Before Linux
// 6.10, where pages cannot be sealed, whoever writes this process's memory can put his own there.
#ifndef QSBX_LOCKDOWN_ROLE_PROGRAMS_H_
#define QSBX_LOCKDOWN_ROLE_PROGRAMS_H_

#include <linux/filter.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "src/bpf/program.h"
#include "src/errors/result.h"

namespace qsbx {

// A role's place among roles() (src/profile/profile.h); nullopt for a name that is no role.
std::optional<size_t> role_index(std::string_view role);

class RolePrograms {
 public:
  // With no programs yet. kKernel when there is no memory.
  static Result<std::shared_ptr<RolePrograms>> reserve();
  ~RolePrograms();
  RolePrograms(const RolePrograms&) = delete;
  RolePrograms& operator=(const RolePrograms&) = delete;

  // What seccomp(2) is called with, whether or not the program is there already.
  uint64_t address(size_t role) const;
  // `program` is one that the kernel takes.
  void put(size_t role, const Program& program);
  // nullptr for a role without one.
  const struct sock_fprog* program(size_t role) const;

  // From now on nothing is put. `may_seal` says that mseal(2) is no violation of a policy in force.
  Status close(bool may_seal);

 private:
  explicit RolePrograms(std::byte* memory) : memory_(memory) {}
  struct sock_fprog* header(size_t role) const;
  struct sock_filter* code(size_t role) const;

  std::byte* memory_;
  bool closed_ = false;  // programs may be in force, and threads still to come will read them
};

}  // namespace qsbx

#endif
