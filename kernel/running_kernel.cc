// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/kernel.h"

namespace qsbx {
namespace {

int result_or_errno(long result) { return result < 0 ? -errno : static_cast<int>(result); }

class RunningKernel : public Kernel {
 public:
  int seccomp(unsigned operation, unsigned flags, void* argument) override {
    return result_or_errno(syscall(SYS_seccomp, operation, flags, argument));
  }
  int set_no_new_privs() override {
    return result_or_errno(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  }
  int get_no_new_privs() override {
    return result_or_errno(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  }
};

}  // namespace

Kernel& running_kernel() {
  static RunningKernel kernel;
  return kernel;
}

}  // namespace qsbx
