// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/role_programs.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <algorithm>

#include "kernel/thread_filter.h"
#include "src/profile/profile.h"

namespace qsbx {
namespace {

constexpr size_t kHeaders = size_t{64} * 1024;  // whole pages on every architecture
constexpr size_t kLongest = BPF_MAXINSNS * sizeof(struct sock_filter);

size_t memory_size() {
  const size_t size = kHeaders + roles().size() * kLongest;
  return (size + kHeaders - 1) / kHeaders * kHeaders;
}

}  // namespace

std::optional<size_t> role_index(std::string_view role) {
  const auto found = std::ranges::find(roles(), role);
  if (found == roles().end()) return std::nullopt;
  return static_cast<size_t>(found - roles().begin());
}

Result<std::shared_ptr<RolePrograms>> RolePrograms::reserve() {
  void* memory =
      mmap(nullptr, memory_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory != MAP_FAILED) {
    return std::shared_ptr<RolePrograms>(new RolePrograms(static_cast<std::byte*>(memory)));
  }
  const int error = errno;
  return Error{ErrorCode::kKernel,
               std::string("no memory for the programs of thread roles: ") + strerror(error),
               error};
}

RolePrograms::~RolePrograms() {
  if (!closed_) munmap(memory_, memory_size());
}

struct sock_fprog* RolePrograms::header(size_t role) const {
  return reinterpret_cast<struct sock_fprog*>(memory_) + role;
}

struct sock_filter* RolePrograms::code(size_t role) const {
  return reinterpret_cast<struct sock_filter*>(memory_ + kHeaders + role * kLongest);
}

uint64_t RolePrograms::address(size_t role) const {
  return reinterpret_cast<uintptr_t>(header(role));
}

void RolePrograms::put(size_t role, const Program& program) {
  std::ranges::copy(program, code(role));
  *header(role) = {static_cast<unsigned short>(program.size()), code(role)};
}

const struct sock_fprog* RolePrograms::program(size_t role) const {
  return header(role)->filter == nullptr ? nullptr : header(role);
}

Status RolePrograms::close(bool may_seal) {
  if (closed_) return Done{};  // for a lockdown that failed later
  if (mprotect(memory_, memory_size(), PROT_READ) != 0) {
    return Error{
        ErrorCode::kKernel,
        std::string("the programs of thread roles cannot be made read-only: ") + strerror(errno),
        errno};
  }
  closed_ = true;
  if (may_seal) seal_pages(memory_, memory_size());
  return Done{};
}

}  // namespace qsbx
