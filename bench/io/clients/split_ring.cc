// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bench/io/clients/split_ring.h"

#include <atomic>
#include <stdexcept>

namespace qsbx::bench {
namespace {

uint16_t load(uint16_t& shared) { return std::atomic_ref(shared).load(std::memory_order_acquire); }

void store(uint16_t& shared, uint16_t value) {
  std::atomic_ref(shared).store(value, std::memory_order_release);
}

// What was stored before is seen before what is loaded after is read.
void settle() { std::atomic_thread_fence(std::memory_order_seq_cst); }

}  // namespace

// Each ring ends with the index at which its reader wants to be told of more.
SplitRing::SplitRing(GuestMemory& memory, uint16_t size)
    : size_(size),
      descriptors_(memory.take(size * sizeof(vring_desc))),
      available_(memory.take(sizeof(vring_avail) + (size + 1) * sizeof(uint16_t))),
      used_(memory.take(sizeof(vring_used) + size * sizeof(vring_used_elem) + sizeof(uint16_t))),
      table_(reinterpret_cast<vring_desc*>(descriptors_.bytes.data())),
      avail_ring_(reinterpret_cast<vring_avail*>(available_.bytes.data())),
      used_ring_(reinterpret_cast<vring_used*>(used_.bytes.data())) {}

void SplitRing::describe(uint16_t index, const GuestRange& buffer, uint16_t flags, uint16_t next) {
  table_[index] = {.addr = buffer.address,
                   .len = static_cast<uint32_t>(buffer.bytes.size()),
                   .flags = flags,
                   .next = next};
}

void SplitRing::offer(uint16_t head) { avail_ring_->ring[offered_++ % size_] = head; }

bool SplitRing::publish() {
  if (offered_ == published_) return false;
  store(avail_ring_->idx, offered_);
  settle();
  const bool wanted = vring_need_event(load(avail_event()), offered_, published_);
  published_ = offered_;
  return wanted;
}

std::optional<SplitRing::Used> SplitRing::take() {
  if (load(used_ring_->idx) == taken_) return std::nullopt;
  const vring_used_elem element = used_ring_->ring[taken_++ % size_];
  if (element.id >= size_) throw std::runtime_error("the device is done with what was not offered");
  return Used{static_cast<uint16_t>(element.id), element.len};
}

bool SplitRing::ask_for_signal() {
  store(used_event(), taken_);
  settle();
  return load(used_ring_->idx) == taken_;
}

uint16_t& SplitRing::used_event() const { return avail_ring_->ring[size_]; }

uint16_t& SplitRing::avail_event() const {
  return *reinterpret_cast<uint16_t*>(used_.bytes.data() + used_.bytes.size() - sizeof(uint16_t));
}

}  // namespace qsbx::bench
