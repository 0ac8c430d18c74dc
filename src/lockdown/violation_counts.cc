// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/violation_counts.h"

#include <sys/syscall.h>

#include <algorithm>

namespace qsbx {
namespace {

constexpr pid_t kAnyThread = 0;

// Thread IDs have 22 bits (PID_MAX_LIMIT) and are never 0, call numbers of one architecture 10, so
// that a kind is one word. Numbers beyond that belong to no call and are one kind.
uint64_t kind_of(pid_t tid, const struct seccomp_data& call) {
  const uint64_t number = std::min<uint32_t>(static_cast<uint32_t>(call.nr), 1023);
  const uint64_t command = call.nr == SYS_ioctl ? static_cast<uint32_t>(call.args[1]) : 0;
  return (static_cast<uint64_t>(tid) << 42) | (number << 32) | command;
}

// A free slot has the kind 0. Call 0 of any thread would have it, too, but for this bit.
constexpr uint64_t kAnyThreadBit = uint64_t{1} << 63;

size_t first_place(uint64_t kind) { return (kind * 0x9e3779b97f4a7c15u) >> 32; }

}  // namespace

ViolationCounts::Slot* ViolationCounts::find_slot(std::span<Slot> slots, uint64_t kind) {
  for (size_t i = 0; i < slots.size(); ++i) {
    Slot& slot = slots[(first_place(kind) + i) % slots.size()];
    uint64_t present = 0;
    if (slot.kind.compare_exchange_strong(present, kind) || present == kind) return &slot;
  }
  return nullptr;
}

uint32_t ViolationCounts::count(pid_t tid, const struct seccomp_data& call) {
  Slot* slot = find_slot(slots_, kind_of(tid, call));
  if (slot == nullptr) slot = find_slot(any_thread_, kind_of(kAnyThread, call) | kAnyThreadBit);
  return (slot != nullptr ? slot->count : others_).fetch_add(1) + 1;
}

bool is_worth_reporting(uint32_t count) {
  while (count >= 10 && count % 10 == 0) count /= 10;
  return count == 1;
}

}  // namespace qsbx
