// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/caller_memory.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace qsbx {
namespace {

constexpr size_t kProbed = 8;  // the size of the kernel's sigset_t, kernel/signal.c

// rt_sigprocmask() copies its set before it looks at `how`, so one that means nothing changes
// nothing, and fails with EFAULT only where the set cannot be read.
bool is_readable(uint64_t address) {
  if (address == 0) return false;  // no set at all, which is no error
  constexpr int kNoSuchHow = -1;
  return syscall(SYS_rt_sigprocmask, kNoSuchHow, address, nullptr, kProbed) != -1 ||
         errno != EFAULT;
}

struct iovec local_vector;

// How many of `wanted` bytes could be read.
size_t read_thread(pid_t tid, uint64_t address, char* room, size_t wanted) {
  struct iovec remote = {reinterpret_cast<void*>(address), wanted};
  local_vector = {room, wanted};
  const long read = syscall(SYS_process_vm_readv, tid, &local_vector, 1, &remote, 1, 0);
  return read < 0 ? 0 : static_cast<size_t>(read);
}

}  // namespace

std::string_view text_at(uint64_t address, char* room, size_t size) {
  const int saved_errno = errno;
  const char* text = reinterpret_cast<const char*>(address);
  size_t length = 0;
  for (size_t readable = 0; length < size; ++length) {
    // Aligned probes never reach into a page that the text does not reach.
    const uint64_t probed = (address + length) & ~uint64_t{kProbed - 1};
    if (length == readable) {
      if (!is_readable(probed)) break;
      readable = probed + kProbed - address;
    }
    if (text[length] == '\0') break;
    room[length] = text[length];
  }
  errno = saved_errno;
  return {room, length};
}

// The kernel reads an element of a vector whole or not at all, so each ends with its page.
std::string_view text_of_thread(pid_t tid, uint64_t address, char* room, size_t size) {
  constexpr uint64_t kPage = 4096;
  size_t length = 0;
  while (length < size) {
    const uint64_t from = address + length;
    const size_t wanted = std::min(size - length, static_cast<size_t>(kPage - from % kPage));
    const size_t read = read_thread(tid, from, room + length, wanted);
    const void* end = memchr(room + length, '\0', read);
    if (end != nullptr) return {room, static_cast<size_t>(static_cast<const char*>(end) - room)};
    length += read;
    if (read < wanted) break;
  }
  return {room, length};
}

size_t bytes_of_thread(pid_t tid, uint64_t address, char* room, size_t size) {
  return read_thread(tid, address, room, size);
}

uint64_t text_of_thread_vector_address() { return reinterpret_cast<uintptr_t>(&local_vector); }

std::string_view CallerMemory::text(uint64_t address, char* room, size_t size) const {
  switch (kind_) {
    case kUnknown:
      return {};
    case kThisThread:
      return text_at(address, room, size);
    case kWaitingThread:
      return text_of_thread(tid_, address, room, size);
  }
  return {};
}

}  // namespace qsbx
