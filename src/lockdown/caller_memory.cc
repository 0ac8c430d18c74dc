// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/caller_memory.h"

#include <errno.h>
#include <sys/syscall.h>
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

}  // namespace

std::string_view text_at(uint64_t address, char* room, size_t size) {
  const int saved_errno = errno;
  size_t length = 0;
  while (length < size) {
    // Aligned probes never reach into a page that the text does not reach.
    const uint64_t probed = (address + length) & ~uint64_t{kProbed - 1};
    if (!is_readable(probed)) break;
    const size_t part =
        std::min(size - length, static_cast<size_t>(probed + kProbed - address - length));
    memcpy(room + length, reinterpret_cast<const char*>(address + length), part);
    const void* end = memchr(room + length, '\0', part);
    length +=
        end == nullptr ? part : static_cast<size_t>(static_cast<const char*>(end) - room) - length;
    if (end != nullptr) break;
  }
  errno = saved_errno;
  return {room, length};
}

}  // namespace qsbx
