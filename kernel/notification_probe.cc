// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/notification_probe.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>

namespace qsbx {
namespace {

// The child's exit status, with the bits of what the listener can do.
constexpr int kHasListener = 0x40;
constexpr int kHasNone = 0x20;
constexpr int kAddDescriptor = 1;
constexpr int kAddAndAnswer = 2;
constexpr int kWakeInTurns = 4;

// Added in Linux 5.14 and 6.6.
constexpr uint32_t kSendFlag = 1U << 1;
constexpr unsigned long kSetFlags = SECCOMP_IOW(4, uint64_t);
constexpr uintptr_t kSyncWakeUp = 1;

int make_listener(Kernel& kernel) {
  struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  struct sock_fprog program = {1, &allow};
  if (kernel.set_no_new_privs() < 0) return -1;
  return kernel.seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

// No descriptor has this number, which is looked at after the flags.
bool takes_descriptors(Kernel& kernel, int listener, uint32_t flags) {
  struct seccomp_notif_addfd addition = {};
  addition.flags = flags;
  addition.srcfd = UINT32_MAX;
  return kernel.notification_control(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &addition) == -EBADF;
}

int ask(Kernel& kernel) {
  const int listener = make_listener(kernel);
  if (listener < 0) return kHasNone;
  void* const wake_up = reinterpret_cast<void*>(kSyncWakeUp);
  int answer = kHasListener;
  if (takes_descriptors(kernel, listener, 0)) answer |= kAddDescriptor;
  if (takes_descriptors(kernel, listener, kSendFlag)) answer |= kAddAndAnswer;
  if (kernel.notification_control(listener, kSetFlags, wake_up) == 0) answer |= kWakeInTurns;
  return answer;
}

}  // namespace

NotificationAbilities find_notification_abilities(Kernel& kernel) {
  const pid_t child = fork();
  if (child < 0) return {};
  if (child == 0) _exit(ask(kernel));
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return {};
  }
  const int answer = WIFEXITED(status) ? WEXITSTATUS(status) : kHasNone;
  if ((answer & kHasListener) == 0) return {};
  return {true, (answer & kAddDescriptor) != 0, (answer & kAddAndAnswer) != 0,
          (answer & kWakeInTurns) != 0};
}

}  // namespace qsbx
