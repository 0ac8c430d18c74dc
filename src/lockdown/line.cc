// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/line.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

namespace qsbx {

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

void Line::write_to_standard_error() {
  const int saved_errno = errno;
  buffer_[size_] = '\n';
  // Nothing can be done about a report that nobody reads.
  [[maybe_unused]] const long written = syscall(SYS_write, STDERR_FILENO, buffer_, size_ + 1);
  errno = saved_errno;
}

}  // namespace qsbx
