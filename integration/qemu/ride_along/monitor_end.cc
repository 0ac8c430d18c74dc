// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/qemu/ride_along/monitor_end.h"

#include <poll.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>

namespace qsbx {
namespace {

std::string text_of(const msghdr& message) {
  std::string text;
  for (size_t i = 0; i < message.msg_iovlen; ++i) {
    text.append(static_cast<const char*>(message.msg_iov[i].iov_base), message.msg_iov[i].iov_len);
  }
  return text;
}

// In a JSON string the quotes would be escaped.
bool says_guest_resumes(std::string_view text) {
  return text.find("\"event\": \"RESUME\"") != std::string_view::npos;
}

void send_all(int fd, std::string text, int flags, MonitorEnd::Send real) {
  while (!text.empty()) {
    iovec part = {text.data(), text.size()};
    msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    const ssize_t sent = real(fd, &message, flags);
    if (sent >= 0) {
      text.erase(0, static_cast<size_t>(sent));
    } else if (errno == EAGAIN) {
      pollfd writable = {fd, POLLOUT, 0};
      poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return;
    }
  }
}

}  // namespace

MonitorEnd& monitor_end() {
  static MonitorEnd* const instance = new MonitorEnd;  // outlives every thread
  return *instance;
}

void MonitorEnd::attach(int fd, void (*greeted)()) {
  on_greeting_ = greeted;
  fd_.store(fd);
}

ssize_t MonitorEnd::send(int fd, const msghdr* message, int flags, Send real) {
  if (!greeted_.exchange(true)) on_greeting_();
  std::string text = text_of(*message);
  const ssize_t size = static_cast<ssize_t>(text.size());
  if (over_.load()) return size;
  if (!says_guest_resumes(text)) return real(fd, message, flags);
  send_all(fd, std::move(text), flags, real);
  hold();
  return size;
}

ssize_t MonitorEnd::receive(int fd, msghdr* message, int flags, Receive real) {
  if (!over_.load()) return real(fd, message, flags);
  message->msg_controllen = 0;
  message->msg_flags = 0;
  return 0;
}

void MonitorEnd::hold() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return gate_ != Gate::kClosed; });
  if (gate_ == Gate::kOpen) return;
  lock.unlock();
  exit(1);
}

void MonitorEnd::let_guest_run() {
  over_.store(true);
  const std::lock_guard lock(mutex_);
  gate_ = Gate::kOpen;
  changed_.notify_all();
}

void MonitorEnd::end_instead() {
  const std::lock_guard lock(mutex_);
  gate_ = Gate::kEnding;
  changed_.notify_all();
}

}  // namespace qsbx
