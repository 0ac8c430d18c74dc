// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_LOCKDOWN_CALLER_MEMORY_H_
#define QSBX_LOCKDOWN_CALLER_MEMORY_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace qsbx {

// The zero-terminated text at `address` of this process, or as much of it as fits and can be read,
// in `room`; empty where nothing can be read. Safe in a signal handler, for addresses that somebody
// else chose.
std::string_view text_at(uint64_t address, char* room, size_t size);

// The same of another thread, of this process or of a child, that waits. For one thread of this
// process only, since the kernel is told where to read by a place that is part of the policy.
std::string_view text_of_thread(pid_t tid, uint64_t address, char* room, size_t size);
// How many of `size` bytes at `address` of such a thread could be read.
size_t bytes_of_thread(pid_t tid, uint64_t address, char* room, size_t size);
uint64_t text_of_thread_vector_address();

// Where the pointers of a system call lead.
class CallerMemory {
 public:
  static CallerMemory unknown() { return CallerMemory(kUnknown, 0); }
  static CallerMemory of_this_thread() { return CallerMemory(kThisThread, 0); }
  static CallerMemory of_waiting_thread(pid_t tid) { return CallerMemory(kWaitingThread, tid); }

  std::string_view text(uint64_t address, char* room, size_t size) const;

 private:
  enum Kind { kUnknown, kThisThread, kWaitingThread };
  CallerMemory(Kind kind, pid_t tid) : kind_(kind), tid_(tid) {}

  Kind kind_;
  pid_t tid_;
};

}  // namespace qsbx

#endif
