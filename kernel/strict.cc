// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/strict.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>

namespace qsbx {
namespace {

Error has_a_filter() {
  return {
      ErrorCode::kThread,
      "this thread has a seccomp filter, and the kernel knows no way from there to strict mode; "
      "enter strict mode without the filter, or add a filter for the same four calls",
      EINVAL};
}

std::string reason(int error) {
  switch (error) {
    case EINVAL:
      return "it was built without CONFIG_SECCOMP";
    case EPERM:
    case EACCES:
      return "a security module or a filter denies it";
    case ENOSYS:
      return "it has neither seccomp(2) nor the prctl(2) for it, or a filter hides them";
    default:
      return strerror(error);
  }
}

Error refused(Kernel& kernel, int error) {
  if (error == EINVAL && kernel.get_seccomp_mode() == SECCOMP_MODE_FILTER) return has_a_filter();
  return {ErrorCode::kKernel,
          "the kernel refused strict mode: " + reason(error) + "; this thread is as free as before",
          error};
}

}  // namespace

Status enter_strict(Kernel& kernel) {
  int result = kernel.seccomp(SECCOMP_SET_MODE_STRICT, 0, nullptr);
  if (result == -ENOSYS) result = kernel.set_seccomp_mode(SECCOMP_MODE_STRICT, nullptr);
  if (result < 0) return refused(kernel, -result);
  return Done{};
}

// exit_group(2), which the C library makes of _exit(), is not among the four.
void exit_strict(int status) {
  for (;;) syscall(SYS_exit, status);
}

}  // namespace qsbx
