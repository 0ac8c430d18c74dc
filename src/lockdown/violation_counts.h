// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How often each kind of violation has happened. Fixed size and lock-free, for signal handlers.
#ifndef QSBX_LOCKDOWN_VIOLATION_COUNTS_H_
#define QSBX_LOCKDOWN_VIOLATION_COUNTS_H_

#include <linux/seccomp.h>
#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <span>

namespace qsbx {

class ViolationCounts {
 public:
  static constexpr size_t kKinds = 4096;
  static constexpr size_t kKindsOfAnyThread = 1024;

  // Counts one violation; gives how often this kind has now happened. One kind is one thread, call
  // number and, for ioctl, command. Pools of workers have new threads for ever: when there is no
  // room left, new kinds are counted without the thread, and in the end as one.
  uint32_t count(pid_t tid, const struct seccomp_data& call);

 private:
  struct Slot {
    std::atomic<uint64_t> kind;  // 0: free
    std::atomic<uint32_t> count;
  };

  static Slot* find_slot(std::span<Slot> slots, uint64_t kind);

  std::array<Slot, kKinds> slots_ = {};
  std::array<Slot, kKindsOfAnyThread> any_thread_ = {};
  std::atomic<uint32_t> others_ = 0;
};

// Of a kind of violation the first is reported, and the 10th, 100th, 1000th, ...
bool is_worth_reporting(uint32_t count);

}  // namespace qsbx

#endif
