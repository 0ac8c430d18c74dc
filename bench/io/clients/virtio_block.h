// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Requests to a virtio block device (virtio 1.2, section 5.2), whoever the device is.
#ifndef QSBX_BENCH_IO_CLIENTS_VIRTIO_BLOCK_H_
#define QSBX_BENCH_IO_CLIENTS_VIRTIO_BLOCK_H_

#include <memory>
#include <vector>

#include "bench/io/clients/block_load.h"
#include "bench/io/clients/guest_memory.h"
#include "bench/io/clients/split_ring.h"

namespace qsbx::bench {

// How driver and device tell each other that there is something in a ring.
class Doorbell {
 public:
  virtual ~Doorbell() = default;
  virtual void ring(unsigned queue) = 0;
  // Whether wait() hears of the device's signals: else the device is not asked for any.
  virtual bool hears() const = 0;
  // Until the device may have something to say; `waits` times it had not. Throws when it has gone
  // away, or does not answer for longer than kSecondsToAnswer.
  virtual void wait(uint64_t waits) = 0;
};

class VirtioBlock : public BlockTransport {
 public:
  // Slots are spread over `queues` with rings of `ring_size`. Throws where they do not fit.
  VirtioBlock(GuestMemory& memory, const BlockParameters& parameters, unsigned queues,
              uint16_t ring_size);

  // What the device has to be told of before its first request.
  const SplitRing& ring(unsigned queue) const { return *rings_[queue]; }
  // `capacity` is in bytes.
  void connect(Doorbell& doorbell, uint64_t capacity);

  uint64_t capacity() const override { return capacity_; }
  std::span<std::byte> data(unsigned slot) override { return slots_[slot].data.bytes; }
  void submit(unsigned slot, bool write, uint64_t sector) override;
  void notify() override;
  void complete(std::vector<unsigned>& slots) override;

  // What notify() does, without ringing; and complete(), without waiting.
  void publish();
  void take_used(std::vector<unsigned>& slots);

 private:
  struct Slot {
    GuestRange header, data, status;
  };

  SplitRing& ring_of(unsigned slot) { return *rings_[slot % rings_.size()]; }
  uint16_t head_of(unsigned slot) const;
  unsigned slot_of(unsigned queue, uint16_t head) const;
  void describe(unsigned slot, bool write);
  bool nothing_comes_unheard();

  std::vector<std::unique_ptr<SplitRing>> rings_;
  std::vector<Slot> slots_;
  uint64_t capacity_ = 0;
  Doorbell* doorbell_ = nullptr;
};

}  // namespace qsbx::bench

#endif
