// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/line.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

namespace qsbx {
namespace {

// poll(2) by whichever call the architecture has. src/lockdown/reporting_needs.cc grants just this.
long poll_at_once(struct pollfd& state) {
#if defined(SYS_poll)
  return syscall(SYS_poll, &state, 1, 0);
#else
  const struct timespec at_once = {};
  return syscall(SYS_ppoll, &state, 1, &at_once, nullptr, 0);
#endif
}

}  // namespace

ssize_t write_at_once(int descriptor, const char* text, size_t size) {
  struct pollfd state = {descriptor, POLLOUT, 0};
  const long ready = poll_at_once(state);
  if (ready == 0) return 0;
  // Beside POLLOUT there is POLLERR where nobody reads any more.
  if (ready < 0 || state.revents != POLLOUT) return -1;
  const ssize_t written = syscall(SYS_write, descriptor, text, size);
  const bool later = written < 0 && (errno == EAGAIN || errno == EINTR);
  return later ? 0 : written;
}

Line& Line::text(std::string_view text) {
  const size_t length = std::min(text.size(), kCapacity - size_);
  memcpy(buffer_ + size_, text.data(), length);
  size_ += length;
  return *this;
}

Line& Line::untrusted(std::string_view text) {
  for (const char c : text) {
    const bool plain = c >= ' ' && c != '"' && c != '\x7f';
    this->text(plain ? std::string_view(&c, 1) : "?");
  }
  return *this;
}

Line& Line::digits(uint64_t number, unsigned base) {
  char reversed[24];
  size_t count = 0;
  do {
    reversed[count++] = "0123456789abcdef"[number % base];
    number /= base;
  } while (number != 0);
  std::reverse(reversed, reversed + count);
  return text({reversed, count});
}

Line& Line::decimal(int64_t number) {
  if (number >= 0) return digits(static_cast<uint64_t>(number), 10);
  return text("-").digits(0 - static_cast<uint64_t>(number), 10);
}

Line& Line::octal(uint64_t number) { return text("0").digits(number, 8); }

Line& Line::hexadecimal(uint64_t number) { return text("0x").digits(number, 16); }

// Nothing can be done about a line that nobody reads: to wait for the reader would let a caller
// that has to die live on, and hold up all others.
void Line::write_to(int descriptor) {
  const int saved_errno = errno;
  buffer_[size_] = '\n';
  write_at_once(descriptor, buffer_, size_ + 1);
  errno = saved_errno;
}

}  // namespace qsbx
