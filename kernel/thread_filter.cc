// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/thread_filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace qsbx {
namespace {

// The same on every architecture; older headers do not have it.
constexpr long kMseal = 462;

}  // namespace

int put_filter_on_this_thread(const struct sock_fprog* program) {
  const int saved_errno = errno;
  const long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program);
  const int answer = result < 0 ? -errno : 0;
  errno = saved_errno;
  return answer;
}

bool seal_pages(void* address, size_t size) { return syscall(kMseal, address, size, 0) == 0; }

}  // namespace qsbx
