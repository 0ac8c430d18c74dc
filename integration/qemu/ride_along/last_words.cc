// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/qemu/ride_along/last_words.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string_view>
#include <thread>

namespace qsbx {
namespace {

// Of a host that has much to do; who has gone closes the socket.
constexpr int kPatienceMilliseconds = 30'000;
constexpr std::chrono::milliseconds kBetweenLooks(1);

// -1 where there is none.
int monitor_socket(const std::vector<std::string>& arguments) {
  constexpr std::string_view kMonitor = "socket,id=charmonitor,fd=";
  for (const std::string& argument : arguments) {
    int descriptor = -1;
    const char* const number = argument.data() + std::min(kMonitor.size(), argument.size());
    const char* const end = argument.data() + argument.size();
    if (argument.starts_with(kMonitor)) std::from_chars(number, end, descriptor);
    if (descriptor >= 0) return descriptor;
  }
  return -1;
}

// virtlogd reads the other end of the pipe and writes the log before it does anything else, but it
// may not have come to it yet.
void await_empty_pipe(int pipe) {
  struct stat status = {};
  if (fstat(pipe, &status) != 0 || !S_ISFIFO(status.st_mode)) return;
  const auto until =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatienceMilliseconds);
  int unread = 0;
  while (ioctl(pipe, FIONREAD, &unread) == 0 && unread > 0 &&
         std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

}  // namespace

void let_libvirt_hear(const std::vector<std::string>& arguments) {
  pollfd listening = {monitor_socket(arguments), POLLIN, 0};
  if (listening.fd < 0) return;
  await_empty_pipe(STDERR_FILENO);
  if (poll(&listening, 1, kPatienceMilliseconds) != 1) return;
  const int connection = accept4(listening.fd, nullptr, nullptr, SOCK_CLOEXEC);
  if (connection >= 0) close(connection);
}

}  // namespace qsbx
