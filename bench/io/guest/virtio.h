// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Transitional virtio devices on PCI by their legacy interface (virtio 1.2, 4.1.4.10), which takes
// an I/O port and nothing to be looked for, and their split queues (2.7).
#ifndef QSBX_BENCH_IO_GUEST_VIRTIO_H_
#define QSBX_BENCH_IO_GUEST_VIRTIO_H_

#include <stdbool.h>
#include <stdint.h>

struct virtio_device {
  uint16_t port;
  uint32_t features;  // that both sides have
};

// Takes the features out of `wanted` that the device offers. `type` is its number in virtio 1.2,
// section 5.
void begin_virtio(struct virtio_device* device, uint16_t type, uint32_t wanted);
// After its queues have begun.
void virtio_is_ready(const struct virtio_device* device);

uint8_t read_virtio_configuration8(const struct virtio_device* device, uint16_t offset);
uint32_t read_virtio_configuration32(const struct virtio_device* device, uint16_t offset);

struct descriptor;
struct available_ring;
struct used_ring;

// Requests have a slot each, which always has the same descriptors.
struct queue {
  const struct virtio_device* device;
  uint16_t number;
  uint16_t size;
  uint16_t parts;  // descriptors of a slot
  struct descriptor* descriptors;
  struct available_ring* available;
  volatile struct used_ring* used;
  uint16_t taken;
};

enum part_direction { DEVICE_READS, DEVICE_WRITES };

// Room for `slots` requests of `parts` descriptors.
void begin_queue(struct queue* queue, const struct virtio_device* device, uint16_t number,
                 uint16_t slots, uint16_t parts);

// The parts of a slot are set once, in order; the last ends the chain.
void set_part(struct queue* queue, uint16_t slot, uint16_t part, const void* data, uint32_t size,
              enum part_direction direction, bool is_last);
void set_part_size(struct queue* queue, uint16_t slot, uint16_t part, uint32_t size);

// Makes a slot available to the device, which need not look before it is notified.
void offer(struct queue* queue, uint16_t slot);
void notify(const struct queue* queue);

struct completion {
  uint16_t slot;
  uint32_t written;  // bytes, by the device
};

// Whether the device has done with a slot; then which.
bool take_completion(struct queue* queue, struct completion* completion);
// Waits for one as the parameter "wait" says: "halt" or "poll".
struct completion await_completion(struct queue* queue);
// Offers, notifies and waits.
struct completion exchange(struct queue* queue, uint16_t slot);

#endif
