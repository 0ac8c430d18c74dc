// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/fake_kernel.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include <cstring>

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
  seccomp_mode_ = SECCOMP_MODE_FILTER;
  // Some descriptor that the caller may close; receiving from it fails.
  return flags & SECCOMP_FILTER_FLAG_NEW_LISTENER ? eventfd(0, EFD_CLOEXEC) : 0;
}

// There is no way from a filter to strict mode.
int FakeKernel::set_strict() {
  if (seccomp_mode_ == SECCOMP_MODE_FILTER) return -EINVAL;
  seccomp_mode_ = SECCOMP_MODE_STRICT;
  return 0;
}

int FakeKernel::seccomp(unsigned operation, unsigned flags, void* argument) {
  const bool sets = operation == SECCOMP_SET_MODE_FILTER;
  const int failure =
      note({CallRecord::Kind::kSeccomp, operation, flags, sets && argument != nullptr});
  if (failure != 0) return failure;
  if (operation == SECCOMP_SET_MODE_STRICT) return set_strict();
  if (operation == SECCOMP_GET_NOTIF_SIZES) {
    *static_cast<struct seccomp_notif_sizes*>(argument) = {sizeof(struct seccomp_notif),
                                                           sizeof(struct seccomp_notif_resp),
                                                           sizeof(struct seccomp_data)};
  }
  return sets ? set_filter(flags, argument) : 0;
}

int FakeKernel::set_seccomp_mode(unsigned long mode, void* argument) {
  const bool filter = mode == SECCOMP_MODE_FILTER;
  const int failure = note({CallRecord::Kind::kSetSeccompMode, static_cast<unsigned>(mode), 0,
                            filter && argument != nullptr});
  if (failure != 0) return failure;
  if (filter) return set_filter(0, argument);
  return mode == SECCOMP_MODE_STRICT ? set_strict() : -EINVAL;
}

int FakeKernel::get_seccomp_mode() {
  const int failure = note({CallRecord::Kind::kGetSeccompMode});
  return failure != 0 ? failure : seccomp_mode_;
}

int FakeKernel::landlock_create_ruleset(const void* attributes, size_t, unsigned) {
  const int failure = note({CallRecord::Kind::kLandlockCreateRuleset});
  if (failure != 0) return failure;
  // Without attributes it is the question for the version.
  return attributes == nullptr ? landlock_abi_ : eventfd(0, EFD_CLOEXEC);
}

int FakeKernel::landlock_add_rule(int, int, const void*) {
  return note({CallRecord::Kind::kLandlockAddRule});
}

int FakeKernel::landlock_restrict_self(int, unsigned flags) {
  const int failure = note({CallRecord::Kind::kLandlockRestrictSelf, 0, flags});
  if (failure == 0) has_landlock_domain_ = true;
  return failure;
}

// Some descriptor that counts nothing and has no memory to map.
int FakeKernel::perf_event_open(void*, pid_t, int, unsigned long flags) {
  const int failure = note({CallRecord::Kind::kPerfEventOpen, 0, static_cast<unsigned>(flags)});
  return failure != 0 ? failure : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

int FakeKernel::perf_event_control(int, unsigned long request, void*) {
  return note({CallRecord::Kind::kPerfEventControl, static_cast<unsigned>(request)});
}

// Descriptors that are to be added are nobody's.
int FakeKernel::notification_control(int, unsigned long request, void*) {
  const int failure =
      note({CallRecord::Kind::kNotificationControl, static_cast<unsigned>(request)});
  if (failure != 0) return failure;
  return request == SECCOMP_IOCTL_NOTIF_ADDFD ? -EBADF : 0;
}

// No ring is ever made.
int FakeKernel::io_uring_setup(unsigned entries, void*) {
  const int failure = note({CallRecord::Kind::kIoUringSetup, entries});
  return failure != 0 ? failure : -EINVAL;
}

int FakeKernel::identify(struct utsname* name) {
  const int failure = note({CallRecord::Kind::kIdentify});
  if (failure != 0) return failure;
  *name = {};
  std::strcpy(name->release, "6.18.0-fake");
  std::strcpy(name->machine, "x86_64");
  return 0;
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
