// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/notification.h"

#include <errno.h>
#include <fcntl.h>
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

constexpr uint32_t kContinue = SECCOMP_USER_NOTIF_FLAG_CONTINUE;

int respond(int listener, const struct seccomp_notif_resp& answer) {
  Roomy<struct seccomp_notif_resp> response;
  memset(&response, 0, sizeof response);
  response.known = answer;
  return control(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
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
  return respond(listener, {.id = id, .val = 0, .error = 0, .flags = kContinue});
}

int fail_call(int listener, uint64_t id, int error) {
  return respond(listener, {.id = id, .val = 0, .error = -error, .flags = 0});
}

int answer_call(int listener, uint64_t id, int64_t value) {
  return respond(listener, {.id = id, .val = value, .error = 0, .flags = 0});
}

int answer_with_descriptor(int listener, uint64_t id, int descriptor, bool close_on_exec) {
  struct seccomp_notif_addfd addition = {};
  addition.id = id;
  addition.srcfd = static_cast<uint32_t>(descriptor);
  addition.newfd_flags = close_on_exec ? O_CLOEXEC : 0;
  const long number = syscall(SYS_ioctl, listener, SECCOMP_IOCTL_NOTIF_ADDFD, &addition);
  if (number < 0) return -errno;
  (void)answer_call(listener, id, number);  // a caller that has ended meanwhile needs none
  return static_cast<int>(number);
}

bool is_still_waiting(int listener, uint64_t id) {
  return control(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

int wake_in_turns(int listener) {
  constexpr unsigned long kSetFlags = SECCOMP_IOW(4, uint64_t);
  constexpr uintptr_t kSyncWakeUp = 1;
  return control(listener, kSetFlags, reinterpret_cast<void*>(kSyncWakeUp));
}

}  // namespace qsbx
