// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The driver's side of a split virtqueue (virtio 1.2, section 2.7) with VIRTIO_F_EVENT_IDX, as
// Linux has it: which notifications are sent and which are spared is part of what is measured.
#ifndef QSBX_BENCH_IO_CLIENTS_SPLIT_RING_H_
#define QSBX_BENCH_IO_CLIENTS_SPLIT_RING_H_

#define VIRTIO_RING_NO_LEGACY
#include <linux/virtio_ring.h>

#include <cstdint>
#include <optional>

#include "bench/io/clients/guest_memory.h"

namespace qsbx::bench {

class SplitRing {
 public:
  // `size` descriptors, a power of two.
  SplitRing(GuestMemory& memory, uint16_t size);

  uint16_t size() const { return size_; }
  const GuestRange& descriptors() const { return descriptors_; }
  const GuestRange& available() const { return available_; }
  const GuestRange& used() const { return used_; }

  // Descriptor `index`; `flags` as in the standard. A chain that does not change is described once,
  // and offered often.
  void describe(uint16_t index, const GuestRange& buffer, uint16_t flags, uint16_t next = 0);

  // Offers the chain that begins with `head`; the device need not see it before publish().
  void offer(uint16_t head);

  // Shows the device what was offered. Whether it wants to be notified of it.
  bool publish();

  struct Used {
    uint16_t head;
    uint32_t length;
  };
  // A chain that the device is done with, if there is one.
  std::optional<Used> take();

  // Asks the device to signal the next chain that it is done with. False when one is there already.
  bool ask_for_signal();

 private:
  uint16_t& used_event() const;
  uint16_t& avail_event() const;

  const uint16_t size_;
  const GuestRange descriptors_, available_, used_;
  vring_desc* const table_;
  vring_avail* const avail_ring_;
  vring_used* const used_ring_;
  uint16_t offered_ = 0;
  uint16_t published_ = 0;
  uint16_t taken_ = 0;
};

}  // namespace qsbx::bench

#endif
