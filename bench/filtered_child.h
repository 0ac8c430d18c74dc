// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A process under filters that makes calls when it is asked to, and says how long they took.
#ifndef QSBX_BENCH_FILTERED_CHILD_H_
#define QSBX_BENCH_FILTERED_CHILD_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "bench/cost.h"

namespace qsbx::bench {

// None has an effect, whatever becomes of it, so that what is timed is the way into the kernel.
enum class Kind : int {
  kAllowed,  // getpid: granted whatever the arguments
  kIoctl,    // ioctl(-1, KVM_RUN): fails with EBADF when it gets through
  kMmap,     // mmap of no bytes: EINVAL
  kDenied,   // clone3 of no size: ENOSYS by a filter, EINVAL without
};

class FilteredChild {
 public:
  // The first filter is installed first. Ends the program when one cannot be.
  explicit FilteredChild(const Stack& filters);
  ~FilteredChild();
  FilteredChild(const FilteredChild&) = delete;
  FilteredChild& operator=(const FilteredChild&) = delete;

  // Nanoseconds for one of `count` calls.
  double time(Kind kind, int count) const;

 private:
  pid_t pid_;
  int requests_;
  int answers_;
};

}  // namespace qsbx::bench

#endif
