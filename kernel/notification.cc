// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/notification.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>

namespace qsbx {
namespace {

// Newer kernels may have longer structures than these headers and copy out their own length
// (SECCOMP_GET_NOTIF_SIZES); what is known stays in front.
template <typename T>
union Roomy {
  T known;
  std::byte room[512];
};

int control(int listener, unsigned long command, void* argument) {
  return syscall(SYS_ioctl, listener, command, argument) < 0 ? -errno : 0;
}

}  // namespace

int receive_notification(int listener, Notification& notification) {
  Roomy<struct seccomp_notif> received;
  memset(&received, 0, sizeof received);  // the kernel insists
  const int result = control(listener, SECCOMP_IOCTL_NOTIF_RECV, &received);
  notification = {received.known.id, static_cast<pid_t>(received.known.pid), received.known.data};
  return result;
}

int let_call_run(int listener, uint64_t id) {
  Roomy<struct seccomp_notif_resp> response;
  memset(&response, 0, sizeof response);
  response.known.id = id;
  response.known.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  return control(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

}  // namespace qsbx
