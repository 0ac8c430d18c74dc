// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/support/this_machine.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace qsbx::testing {
namespace {

#ifdef __x86_64__
// The status of a child that does only this, and does not report what ends it.
int status_of(int (*body)()) {
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGSEGV, SIG_DFL);
    _exit(body());
  }
  int status = -1;
  return child > 0 && waitpid(child, &status, 0) == child ? status : -1;
}

// No call of i386 is near that number.
int make_i386_call() {
  constexpr long kFreeNumber = 601;
  long result;
  asm volatile("int $0x80" : "=a"(result) : "a"(kFreeNumber) : "memory", "r8", "r9", "r10", "r11");
  return result < 0 ? 0 : 1;
}

int read_time_stamp_counter() {
  if (prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0) != 0) return 1;
  __builtin_ia32_rdtsc();
  return 0;
}
#endif

}  // namespace

#ifdef __x86_64__
bool takes_i386_calls() {
  static const bool takes = status_of(make_i386_call) == 0;
  return takes;
}

bool takes_time_stamp_counter_away() {
  const int status = status_of(read_time_stamp_counter);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
}
#else
bool takes_i386_calls() { return false; }
bool takes_time_stamp_counter_away() { return false; }
#endif

}  // namespace qsbx::testing
