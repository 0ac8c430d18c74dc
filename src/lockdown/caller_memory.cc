// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/caller_memory.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

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

}  // namespace qsbx
