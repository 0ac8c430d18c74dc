// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/qemu/launch/broker_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace qsbx {
namespace {

Error cannot_start(const std::string& why, int error) {
  return {ErrorCode::kKernel, "cannot start the broker: " + why + ": " + strerror(error), error};
}

void close_between(unsigned first, unsigned last) {
  if (first <= last) (void)syscall(SYS_close_range, first, last, 0);
}

void close_all_but(std::vector<int> kept) {
  std::ranges::sort(kept);
  unsigned next = STDERR_FILENO + 1;
  for (const int descriptor : kept) {
    close_between(next, static_cast<unsigned>(descriptor) - 1);
    next = static_cast<unsigned>(descriptor) + 1;
  }
  close_between(next, ~0u);
}

// What is sent to a terminal's or a service's processes at once would leave QEMU without its broker
// while it is ending.
void ignore_signals_to_all() {
  for (const int number : {SIGHUP, SIGINT, SIGTERM, SIGPIPE}) signal(number, SIG_IGN);
}

void leave_standard_descriptors() {
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nothing, number);
}

[[noreturn]] void be_broker(int socket, const OpenList& list) {
  prctl(PR_SET_NAME, "qsbx-broker");
  prctl(PR_SET_DUMPABLE, 0);  // nobody of the same user looks into it or changes it
  ignore_signals_to_all();
  leave_standard_descriptors();
  std::vector<int> kept = list.descriptors();
  kept.push_back(socket);
  close_all_but(kept);
  if (chdir("/") != 0) _exit(1);
  const pid_t own = getpid();
  if (send(socket, &own, sizeof own, 0) != sizeof own) _exit(1);
  _exit(serve_broker(socket, list) ? 0 : 1);
}

// A child of QEMU's would be waited for, and be told of to QEMU when it ends.
void start_detached(int socket, const OpenList& list) {
  setsid();
  if (fork() == 0) be_broker(socket, list);
  _exit(0);
}

void await_end_of(pid_t child) {
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

Result<BrokerLink> start_broker(const OpenList& list) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0) return cannot_start("no socket", errno);
  const pid_t child = fork();
  if (child == 0) start_detached(ends[1], list);
  const int error = errno;
  close(ends[1]);
  BrokerLink link = {ends[0], 0};
  if (child > 0) {
    await_end_of(child);
    if (recv(link.socket, &link.process, sizeof link.process, 0) == sizeof link.process)
      return link;
  }
  close(link.socket);
  return cannot_start("no process", child < 0 ? error : ECHILD);
}

}  // namespace qsbx
