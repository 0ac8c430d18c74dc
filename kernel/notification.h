// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The other end of SECCOMP_RET_USER_NOTIF: calls that wait for an answer. Nothing here allocates or
// makes any call but the one ioctl(2).
#ifndef QSBX_KERNEL_NOTIFICATION_H_
#define QSBX_KERNEL_NOTIFICATION_H_

#include <linux/seccomp.h>
#include <sys/types.h>

#include <cstdint>

namespace qsbx {

struct Notification {
  uint64_t id;
  pid_t tid;
  struct seccomp_data call;
};

// Waits for a call. 0, or -errno: -ENOENT when the caller went away, which is no end.
int receive_notification(int listener, Notification& notification);

// Lets the call run. 0, or -errno: -ENOENT when the caller went away.
int let_call_run(int listener, uint64_t id);

// Has the call fail with `error`, or give `value`; it does not run. 0, or -errno as above.
int fail_call(int listener, uint64_t id, int error);
int answer_call(int listener, uint64_t id, int64_t value);

// Puts a duplicate of `descriptor` into the caller's process, and has the call give its number
// there (Linux 5.9). The number, or -errno.
//
// In two steps: a supervisor that is killed between them leaves the caller with ENOSYS, and perhaps
// with a descriptor that nobody knows of.
int answer_with_descriptor(int listener, uint64_t id, int descriptor, bool close_on_exec);

// Whether the caller still waits. What was read of a caller's memory is its own only when this says
// yes afterwards: the number of a thread that ended may be another's by now.
bool is_still_waiting(int listener, uint64_t id);

// The kernel then runs caller and supervisor one after the other, on one CPU (Linux 6.6). 0, or
// -errno: -EINVAL where the kernel cannot.
int wake_in_turns(int listener);

}  // namespace qsbx

#endif
