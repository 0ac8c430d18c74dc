// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <sys/ioctl.h>
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
  int notification_control(int listener, unsigned long request, void* argument) override {
    return result_or_errno(ioctl(listener, request, argument));
  }
  int set_seccomp_mode(unsigned long mode, void* argument) override {
    return result_or_errno(prctl(PR_SET_SECCOMP, mode, argument, 0, 0));
  }
  int get_seccomp_mode() override { return result_or_errno(prctl(PR_GET_SECCOMP, 0, 0, 0, 0)); }
  int landlock_create_ruleset(const void* attributes, size_t size, unsigned flags) override {
    return result_or_errno(syscall(SYS_landlock_create_ruleset, attributes, size, flags));
  }
  int landlock_add_rule(int ruleset, int type, const void* attributes) override {
    return result_or_errno(syscall(SYS_landlock_add_rule, ruleset, type, attributes, 0));
  }
  int landlock_restrict_self(int ruleset, unsigned flags) override {
    return result_or_errno(syscall(SYS_landlock_restrict_self, ruleset, flags));
  }
  int perf_event_open(void* attributes, pid_t pid, int cpu, unsigned long flags) override {
    return result_or_errno(syscall(SYS_perf_event_open, attributes, pid, cpu, -1, flags));
  }
  int perf_event_control(int event, unsigned long request, void* argument) override {
    return result_or_errno(ioctl(event, request, argument));
  }
  int io_uring_setup(unsigned entries, void* parameters) override {
    return result_or_errno(syscall(SYS_io_uring_setup, entries, parameters));
  }
  int identify(struct utsname* name) override { return result_or_errno(uname(name)); }
};

}  // namespace

Kernel& running_kernel() {
  static RunningKernel kernel;
  return kernel;
}

}  // namespace qsbx
