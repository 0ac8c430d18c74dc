// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The calls that change or ask the kernel's sandboxing state. Nothing outside kernel/ makes them;
// tests put a fake here (kernel/fake_kernel.h).
#ifndef QSBX_KERNEL_KERNEL_H_
#define QSBX_KERNEL_KERNEL_H_

#include <linux/filter.h>
#include <sys/types.h>
#include <sys/utsname.h>

#include <cstddef>

namespace qsbx {

class Kernel {
 public:
  virtual ~Kernel() = default;

  // Each gives what the kernel gives, or -errno. None allocates.
  virtual int seccomp(unsigned operation, unsigned flags, void* argument) = 0;
  virtual int set_no_new_privs() = 0;
  virtual int get_no_new_privs() = 0;

  // ioctl(2) on the listener of a filter.
  virtual int notification_control(int listener, unsigned long request, void* argument) = 0;

  // prctl(PR_SET_SECCOMP) and prctl(PR_GET_SECCOMP): the way in before seccomp(2), Linux 3.17.
  virtual int set_seccomp_mode(unsigned long mode, void* argument) = 0;
  virtual int get_seccomp_mode() = 0;

  // The three calls of landlock(7), Linux 5.13.
  virtual int landlock_create_ruleset(const void* attributes, size_t size, unsigned flags) = 0;
  virtual int landlock_add_rule(int ruleset, int type, const void* attributes) = 0;
  virtual int landlock_restrict_self(int ruleset, unsigned flags) = 0;

  // perf_event_open(2), outside groups, and ioctl(2) on what it gives.
  virtual int perf_event_open(void* attributes, pid_t pid, int cpu, unsigned long flags) = 0;
  virtual int perf_event_control(int event, unsigned long request, void* argument) = 0;

  // io_uring_setup(2): rings are out of every filter's sight.
  virtual int io_uring_setup(unsigned entries, void* parameters) = 0;

  // uname(2), for what nothing but the version tells.
  virtual int identify(struct utsname* name) = 0;
};

// The one we run on.
Kernel& running_kernel();

}  // namespace qsbx

#endif
