// SPDX-License-Identifier: LGPL-2.1-or-later
//
// One line of text in a fixed buffer. Safe in a signal handler: nothing allocates, and what does
// not fit is cut off.
#ifndef QSBX_LOCKDOWN_LINE_H_
#define QSBX_LOCKDOWN_LINE_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace qsbx {

class Line {
 public:
  Line& text(std::string_view text);
  // Text from outside: control characters and quotes, which could forge a report, become '?'.
  Line& untrusted(std::string_view text);
  Line& decimal(int64_t number);
  Line& octal(uint64_t number);
  Line& hexadecimal(uint64_t number);

  std::string_view view() const { return {buffer_, size_}; }

  // The line and its end, as one write_at_once(); lost where that cannot be. Keeps errno.
  void write_to(int descriptor);

  // A report fits into a small signal stack, and into what a pipe takes at once (PIPE_BUF).
  static constexpr size_t kCapacity = 1536;

 private:
  Line& digits(uint64_t number, unsigned base);

  char buffer_[kCapacity + 1];
  size_t size_ = 0;
};

// write(2) if it will not wait: how many bytes are out, 0 when there is no room, or -1 when
// there never will be. At most
// PIPE_BUF bytes go to a pipe whole or not at all, so that lines do not mix. Another writer, in the
// moment between question and write, can still make it wait. Sets errno.
ssize_t write_at_once(int descriptor, const char* text, size_t size);

}  // namespace qsbx

#endif
