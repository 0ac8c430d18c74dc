// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bench/seconds_in_child.h"

#include <sys/wait.h>
#include <unistd.h>

namespace qsbx::bench {

double seconds_in_child(const std::function<double()>& measured) {
  int answer[2];
  if (pipe(answer) != 0) return -1;
  const pid_t child = fork();
  if (child == 0) {
    const double seconds = measured();
    const bool written = write(answer[1], &seconds, sizeof seconds) == sizeof seconds;
    _exit(written ? 0 : 1);
  }
  close(answer[1]);
  double seconds = -1;
  if (read(answer[0], &seconds, sizeof seconds) != sizeof seconds) seconds = -1;
  close(answer[0]);
  waitpid(child, nullptr, 0);
  return seconds;
}

}  // namespace qsbx::bench
