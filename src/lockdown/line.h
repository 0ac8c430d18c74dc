// SPDX-License-Identifier: LGPL-2.1-or-later
//
// One line of text in a fixed buffer. Safe in a signal handler: nothing allocates, and what does
// not fit is cut off.
#ifndef QSBX_LOCKDOWN_LINE_H_
#define QSBX_LOCKDOWN_LINE_H_

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

  // One write(2), newline included, so that lines of several threads do not mix. Never waits: where
  // a pipe is full, or whoever reads it is gone, the line is lost. Only another writer, in the
  // moment between question and write, can still make it wait. Keeps errno.
  void write_to(int descriptor);

 private:
  // A report fits into a small signal stack, and into what a pipe takes at once (PIPE_BUF).
  static constexpr size_t kCapacity = 1536;

  Line& digits(uint64_t number, unsigned base);

  char buffer_[kCapacity + 1];
  size_t size_ = 0;
};

}  // namespace qsbx

#endif
