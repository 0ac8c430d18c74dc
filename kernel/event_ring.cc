// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/event_ring.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>

namespace qsbx {
namespace {

constexpr size_t kSmallestRing = size_t{64} << 10;

size_t page_size() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

Error not_mapped(int error) {
  const std::string way_out =
      error == EPERM ? "; raise kernel.perf_event_mlock_kb, or run as root" : "";
  return {ErrorCode::kKernel,
          std::string("no memory for the kernel's records: ") + strerror(error) + way_out, error};
}

}  // namespace

Result<std::unique_ptr<EventRing>> EventRing::map(int event, size_t bytes) {
  // Its own: the ring outlives the thread whose event it came from.
  OwnedFd own(fcntl(event, F_DUPFD_CLOEXEC, 0));
  if (own.get() < 0) return not_mapped(errno);
  for (;; bytes /= 2) {
    void* memory = mmap(nullptr, page_size() + bytes, PROT_READ | PROT_WRITE, MAP_SHARED, event, 0);
    if (memory != MAP_FAILED) {
      return std::unique_ptr<EventRing>(new EventRing(std::move(own), memory, bytes));
    }
    if ((errno != EPERM && errno != ENOMEM) || bytes / 2 < kSmallestRing) return not_mapped(errno);
  }
}

EventRing::~EventRing() { munmap(memory_, page_size() + bytes_); }

const struct perf_event_header& EventRing::record_at(uint64_t place) {
  const auto* data = static_cast<const std::byte*>(memory_) + page_size();
  const size_t begin = place & (bytes_ - 1);
  // Records begin at multiples of 8, so that a header is never split.
  const auto* header = reinterpret_cast<const struct perf_event_header*>(data + begin);
  if (begin + header->size <= bytes_) return *header;
  const size_t before_end = bytes_ - begin;
  in_one_.resize(header->size);
  memcpy(in_one_.data(), data + begin, before_end);
  memcpy(in_one_.data() + before_end, data, header->size - before_end);
  return *reinterpret_cast<const struct perf_event_header*>(in_one_.data());
}

void EventRing::drain(const std::function<void(const struct perf_event_header&)>& take) {
  auto* page = static_cast<struct perf_event_mmap_page*>(memory_);
  uint64_t tail = page->data_tail;
  // Not a byte of a record may be read before the head that covers it, nor after the tail is given
  // back.
  const uint64_t head = std::atomic_ref(page->data_head).load(std::memory_order_acquire);
  while (tail != head) {
    const struct perf_event_header& record = record_at(tail);
    const uint16_t size = record.size;
    take(record);
    tail += size;
  }
  std::atomic_ref(page->data_tail).store(tail, std::memory_order_release);
}

}  // namespace qsbx
