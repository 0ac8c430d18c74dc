// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The calls that change or ask the kernel's sandboxing state. Nothing outside kernel/ makes them;
// tests put a fake here (kernel/fake_kernel.h).
#ifndef QSBX_KERNEL_KERNEL_H_
#define QSBX_KERNEL_KERNEL_H_

#include <linux/filter.h>

namespace qsbx {

class Kernel {
 public:
  virtual ~Kernel() = default;

  // Each gives what the kernel gives, or -errno. None allocates.
  virtual int seccomp(unsigned operation, unsigned flags, void* argument) = 0;
  virtual int set_no_new_privs() = 0;
  virtual int get_no_new_privs() = 0;
};

// The one we run on.
Kernel& running_kernel();

}  // namespace qsbx

#endif
