// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The memory in which the kernel leaves the records of one CPU (perf_event_open(2), "MMAP layout").
#ifndef QSBX_KERNEL_EVENT_RING_H_
#define QSBX_KERNEL_EVENT_RING_H_

#include <linux/perf_event.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "kernel/event.h"
#include "src/errors/result.h"

namespace qsbx {

class EventRing {
 public:
  // With as much memory as may be locked, at most `bytes`, which is a power of two of pages.
  static Result<std::unique_ptr<EventRing>> map(int event, size_t bytes);
  ~EventRing();
  EventRing(const EventRing&) = delete;
  EventRing& operator=(const EventRing&) = delete;

  // Hands over each record that is there, header and all, and frees its memory.
  void drain(const std::function<void(const struct perf_event_header&)>& take);

  // That the ring was mapped by, and which others may share it with.
  int event() const { return event_.get(); }

 private:
  EventRing(OwnedFd event, void* memory, size_t bytes)
      : event_(std::move(event)), memory_(memory), bytes_(bytes) {}
  const struct perf_event_header& record_at(uint64_t place);

  OwnedFd event_;
  void* memory_;
  size_t bytes_;                   // without the page that comes first
  std::vector<std::byte> in_one_;  // a record that wraps around
};

}  // namespace qsbx

#endif
