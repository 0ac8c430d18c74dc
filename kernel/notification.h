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

}  // namespace qsbx

#endif
