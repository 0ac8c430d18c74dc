// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/fake_kernel.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/eventfd.h>

namespace qsbx {

void FakeKernel::fail(int nth, int result) {
  nth_ = nth;
  result_ = result;
}

int FakeKernel::note(CallRecord record) {
  calls_.push_back(record);
  return static_cast<int>(calls_.size()) == nth_ ? result_ : 0;
}

int FakeKernel::set_filter(unsigned flags, void* argument) {
  if (flags & unknown_flags_) return -EINVAL;
  if (argument == nullptr) return -EFAULT;
  ++installed_;
  // Some descriptor that the caller may close; receiving from it fails.
  return flags & SECCOMP_FILTER_FLAG_NEW_LISTENER ? eventfd(0, EFD_CLOEXEC) : 0;
}

int FakeKernel::seccomp(unsigned operation, unsigned flags, void* argument) {
  const bool sets = operation == SECCOMP_SET_MODE_FILTER;
  const int failure =
      note({CallRecord::Kind::kSeccomp, operation, flags, sets && argument != nullptr});
  if (failure != 0) return failure;
  if (operation == SECCOMP_GET_NOTIF_SIZES) {
    *static_cast<struct seccomp_notif_sizes*>(argument) = {sizeof(struct seccomp_notif),
                                                           sizeof(struct seccomp_notif_resp),
                                                           sizeof(struct seccomp_data)};
  }
  return sets ? set_filter(flags, argument) : 0;
}

int FakeKernel::set_no_new_privs() {
  const int failure = note({CallRecord::Kind::kSetNoNewPrivs});
  if (failure == 0) no_new_privs_ = true;
  return failure;
}

int FakeKernel::get_no_new_privs() {
  const int failure = note({CallRecord::Kind::kGetNoNewPrivs});
  return failure != 0 ? failure : no_new_privs_;
}

}  // namespace qsbx
