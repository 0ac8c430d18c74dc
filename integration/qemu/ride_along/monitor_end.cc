// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/qemu/ride_along/monitor_end.h"

#include <poll.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>

#include "src/machine/monitor_command.h"

namespace qsbx {
namespace {

std::string text_of(const iovec* parts, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    text.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
  }
  return text;
}

// What a QMP and an HMP monitor say first.
bool is_greeting(std::string_view text) {
  const std::string_view start = text.substr(0, 100);
  return start.substr(0, 20).find("\"QMP\": {") != std::string_view::npos ||
         start.find(" monitor - type 'help'") != std::string_view::npos;
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
  std::string text = text_of(message->msg_iov, message->msg_iovlen);
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

// Each answer counts once, however often QEMU tries; more text is a further answer behind it.
bool MonitorEnd::may_say(int who, const iovec* parts, size_t count) {
  if (over_.load()) return true;
  other_traffic_.store(true);
  const std::string text = text_of(parts, count);
  const std::lock_guard lock(others_mutex_);
  if (is_greeting(text) && has_spoken(who)) others_[who] = {};
  const auto found = others_.find(who);
  if (found == others_.end()) return true;
  if (others_are_silent_.load()) return false;
  OtherMonitor& monitor = found->second;
  if (monitor.changes && (monitor.held == 0 || text.size() > monitor.held_size)) {
    monitor.held = ++changes_;
    monitor.held_size = text.size();
  }
  if (holds_answers_.load() && known_.load() < monitor.held) return false;
  monitor.held = 0;
  monitor.answered = true;
  monitor.spoken = true;
  return true;
}

// A greeting that is tried again, with what came since behind it, is no other client's.
bool MonitorEnd::has_spoken(int who) const {
  const auto found = others_.find(who);
  return found == others_.end() || found->second.spoken;
}

// QEMU reads byte by byte or in pieces.
void MonitorEnd::hear(int who, const iovec* parts, size_t count, ssize_t size) {
  if (over_.load() || size <= 0) return;
  const std::lock_guard lock(others_mutex_);
  const auto found = others_.find(who);
  if (found == others_.end()) return;
  OtherMonitor& monitor = found->second;
  const std::string text = text_of(parts, count).substr(0, static_cast<size_t>(size));
  if (monitor.answered && text.find_first_not_of(" \r\n") != std::string::npos) {
    monitor.changes = false;
    monitor.answered = false;
  }
  monitor.heard += text;
  if (!may_complete_command(text)) return;
  while (auto command = take_command(monitor.heard)) {
    if (!may_change_machine(*command)) continue;
    monitor.changes = true;
    commands_.push_back(*command);
  }
}

std::vector<std::string> MonitorEnd::commands(size_t first) {
  const std::lock_guard lock(others_mutex_);
  if (first >= commands_.size()) return {};
  return {commands_.begin() + static_cast<ptrdiff_t>(first), commands_.end()};
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
  others_are_silent_.store(false);
  holds_answers_.store(false);
  const std::lock_guard lock(mutex_);
  gate_ = Gate::kEnding;
  changed_.notify_all();
}

}  // namespace qsbx
