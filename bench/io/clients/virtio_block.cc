// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bench/io/clients/virtio_block.h"

#include <linux/virtio_blk.h>

#include <stdexcept>
#include <string>

namespace qsbx::bench {
namespace {

// Header, data, status.
constexpr uint16_t kDescriptors = 3;
constexpr uint8_t kNoAnswer = 0xff;

GuestRange part(const GuestRange& whole, size_t offset, size_t size) {
  return {whole.bytes.subspan(offset, size), whole.address + offset};
}

}  // namespace

VirtioBlock::VirtioBlock(GuestMemory& memory, const BlockParameters& parameters, unsigned queues,
                         uint16_t ring_size) {
  if (parameters.depth > ring_size / kDescriptors * queues) {
    throw std::runtime_error("more requests at once than the queues have room for");
  }
  for (unsigned queue = 0; queue < queues; ++queue) {
    rings_.push_back(std::make_unique<SplitRing>(memory, ring_size));
  }
  // A header and a status each has a cache line of its own.
  constexpr size_t kLine = 64;
  const GuestRange headers = memory.take(2 * kLine * parameters.depth);
  const GuestRange data = memory.take(size_t{parameters.block_size} * parameters.depth);
  for (unsigned slot = 0; slot < parameters.depth; ++slot) {
    slots_.push_back(
        {.header = part(headers, 2 * kLine * slot, sizeof(virtio_blk_outhdr)),
         .data = part(data, size_t{parameters.block_size} * slot, parameters.block_size),
         .status = part(headers, 2 * kLine * slot + kLine, 1)});
  }
}

void VirtioBlock::connect(Doorbell& doorbell, uint64_t capacity) {
  doorbell_ = &doorbell;
  capacity_ = capacity;
}

void VirtioBlock::submit(unsigned slot, bool write, uint64_t sector) {
  auto& header = *reinterpret_cast<virtio_blk_outhdr*>(slots_[slot].header.bytes.data());
  header = {.type = write ? uint32_t{VIRTIO_BLK_T_OUT} : uint32_t{VIRTIO_BLK_T_IN},
            .ioprio = 0,
            .sector = sector};
  slots_[slot].status.bytes[0] = std::byte{kNoAnswer};
  describe(slot, write);
  ring_of(slot).offer(head_of(slot));
}

void VirtioBlock::notify() {
  for (unsigned queue = 0; queue < rings_.size(); ++queue) {
    if (rings_[queue]->publish()) doorbell_->ring(queue);
  }
}

void VirtioBlock::publish() {
  for (const auto& ring : rings_) ring->publish();
}

void VirtioBlock::complete(std::vector<unsigned>& slots) {
  for (uint64_t waits = 0;;) {
    take_used(slots);
    if (!slots.empty()) return;
    if (!doorbell_->hears() || nothing_comes_unheard()) doorbell_->wait(waits++);
  }
}

uint16_t VirtioBlock::head_of(unsigned slot) const {
  return static_cast<uint16_t>(slot / rings_.size() * kDescriptors);
}

unsigned VirtioBlock::slot_of(unsigned queue, uint16_t head) const {
  return head / kDescriptors * rings_.size() + queue;
}

void VirtioBlock::describe(unsigned slot, bool write) {
  const uint16_t head = head_of(slot);
  const uint16_t data = head + 1, status = head + 2;
  SplitRing& ring = ring_of(slot);
  ring.describe(head, slots_[slot].header, VRING_DESC_F_NEXT, data);
  ring.describe(data, slots_[slot].data, VRING_DESC_F_NEXT | (write ? 0 : VRING_DESC_F_WRITE),
                status);
  ring.describe(status, slots_[slot].status, VRING_DESC_F_WRITE);
}

void VirtioBlock::take_used(std::vector<unsigned>& slots) {
  for (unsigned queue = 0; queue < rings_.size(); ++queue) {
    while (const auto used = rings_[queue]->take()) {
      const unsigned slot = slot_of(queue, used->head);
      const auto status = static_cast<uint8_t>(slots_.at(slot).status.bytes[0]);
      if (status != VIRTIO_BLK_S_OK) {
        throw std::runtime_error("a request failed with status " + std::to_string(status));
      }
      slots.push_back(slot);
    }
  }
}

// Every ring is asked, so that none stays silent because of another.
bool VirtioBlock::nothing_comes_unheard() {
  bool all = true;
  for (const auto& ring : rings_) all &= ring->ask_for_signal();
  return all;
}

}  // namespace qsbx::bench
