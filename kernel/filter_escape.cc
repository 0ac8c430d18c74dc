// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/filter_escape.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace qsbx {
namespace {

// What no system call fails with by itself.
constexpr int kFiltersErrno = 4000;

// Exit statuses of the child, which are told apart from those of other ways to end.
constexpr int kWasFiltered = 71;
constexpr int kWasNotFiltered = 72;
constexpr int kHasNoFilter = 73;

void leave_unfiltered(int) { _exit(kWasNotFiltered); }

// Without it the SIGILL of uretprobe would leave a core dump.
void catch_illegal_instruction() {
  struct sigaction action = {};
  action.sa_handler = leave_unfiltered;
  sigaction(SIGILL, &action, nullptr);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGILL);
  sigprocmask(SIG_UNBLOCK, &signals, nullptr);
}

bool install_filter_that_fails(Kernel& kernel, int number) {
  struct sock_filter instructions[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(number), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | kFiltersErrno),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {4, instructions};
  return kernel.set_no_new_privs() >= 0 &&
         kernel.seccomp(SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

[[noreturn]] void try_call(Kernel& kernel, int number) {
  catch_illegal_instruction();
  if (!install_filter_that_fails(kernel, number)) _exit(kHasNoFilter);
  const bool filtered = syscall(number) == -1 && errno == kFiltersErrno;
  _exit(filtered ? kWasFiltered : kWasNotFiltered);
}

FilterEscape meaning_of(int status) {
  if (!WIFEXITED(status)) return FilterEscape::kUnknown;
  switch (WEXITSTATUS(status)) {
    case kWasFiltered:
      return FilterEscape::kFiltered;
    case kWasNotFiltered:
      return FilterEscape::kUnfiltered;
    default:
      return FilterEscape::kUnknown;
  }
}

}  // namespace

FilterEscape find_filter_escape(Kernel& kernel, int number) {
  const pid_t child = fork();
  if (child < 0) return FilterEscape::kUnknown;
  if (child == 0) try_call(kernel, number);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return FilterEscape::kUnknown;
  }
  return meaning_of(status);
}

}  // namespace qsbx
