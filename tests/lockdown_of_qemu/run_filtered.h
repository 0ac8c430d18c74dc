// SPDX-License-Identifier: LGPL-2.1-or-later
//
// For launchers whose QEMU finds another kernel than this one.
#ifndef QSBX_TESTS_LOCKDOWN_OF_QEMU_RUN_FILTERED_H_
#define QSBX_TESTS_LOCKDOWN_OF_QEMU_RUN_FILTERED_H_

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>

namespace qsbx::testing {

// The low half of an argument, on machines that store it first.
constexpr unsigned low_half(int argument) {
  return static_cast<unsigned>(offsetof(seccomp_data, args) + sizeof(__u64) * argument);
}

// The program that main()'s arguments name becomes this process, under the filter. Returns an exit
// status when it cannot.
template <size_t Size>
int run_filtered(sock_filter (&filter)[Size], char* arguments[]) {
  if (arguments[1] == nullptr) return 2;
  const sock_fprog program = {Size, filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    perror(arguments[0]);
    return 2;
  }
  execvp(arguments[1], arguments + 1);
  perror(arguments[1]);
  return 2;
}

}  // namespace qsbx::testing

#endif
