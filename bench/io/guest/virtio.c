// SPDX-License-Identifier: LGPL-2.1-or-later
#include "virtio.h"

#include <stddef.h>

#include "interrupts.h"
#include "line.h"
#include "machine.h"
#include "memory.h"
#include "parameters.h"
#include "pci.h"
#include "text.h"

enum {
  VENDOR = 0x1af4,

  // virtio 1.2, 4.1.4.10: the legacy header, and the device's configuration behind it.
  DEVICE_FEATURES = 0,
  DRIVER_FEATURES = 4,
  QUEUE_ADDRESS = 8,
  QUEUE_SIZE = 12,
  QUEUE_SELECT = 14,
  QUEUE_NOTIFY = 16,
  DEVICE_STATUS = 18,
  INTERRUPT_STATUS = 19,
  CONFIGURATION = 20,

  // 2.1
  ACKNOWLEDGE = 1,
  DRIVER = 2,
  DRIVER_OK = 4,

  // 2.7
  NEXT = 1,
  WRITE = 2,
  NO_INTERRUPT = 1,
  NO_NOTIFY = 1,
};

struct descriptor {
  uint64_t address;
  uint32_t size;
  uint16_t flags;
  uint16_t next;
};

struct available_ring {
  uint16_t flags;
  volatile uint16_t index;
  uint16_t heads[];
};

struct used_ring {
  uint16_t flags;
  uint16_t index;
  struct {
    uint32_t head;
    uint32_t written;
  } elements[];
};

// Transitional devices have these numbers from of old (4.1.2.1).
static uint16_t transitional_id(uint16_t type) {
  static const uint16_t ids[] = {0, 0x1000, 0x1001, 0x1003, 0x1005, 0x1002, 0, 0, 0x1004, 0x1009};
  return ids[type];
}

void begin_virtio(struct virtio_device* device, uint16_t type, uint32_t wanted) {
  const uint32_t function = begin_pci(VENDOR, transitional_id(type));
  device->port = (uint16_t)pci_region(function, 0);
  interrupt_status_port = device->port + INTERRUPT_STATUS;
  write_port8(device->port + DEVICE_STATUS, 0);
  write_port8(device->port + DEVICE_STATUS, ACKNOWLEDGE | DRIVER);
  device->features = read_port32(device->port + DEVICE_FEATURES) & wanted;
  write_port32(device->port + DRIVER_FEATURES, device->features);
}

void virtio_is_ready(const struct virtio_device* device) {
  write_port8(device->port + DEVICE_STATUS, ACKNOWLEDGE | DRIVER | DRIVER_OK);
}

uint8_t read_virtio_configuration8(const struct virtio_device* device, uint16_t offset) {
  return read_port8(device->port + CONFIGURATION + offset);
}

uint32_t read_virtio_configuration32(const struct virtio_device* device, uint16_t offset) {
  return read_port32(device->port + CONFIGURATION + offset);
}

static bool sleeps(void) { return is_word(parameter("wait"), "halt"); }

// 2.7.2: a legacy queue is in one piece, with the used ring on a page of its own.
static void lay_out(struct queue* queue) {
  const uint32_t offered =
      queue->size * sizeof(struct descriptor) + (3u + queue->size) * sizeof(uint16_t);
  const uint32_t used = (offered + PAGE_SIZE - 1) & -PAGE_SIZE;
  uint8_t* memory = allocate(used + 3 * sizeof(uint16_t) + 8u * queue->size);
  queue->descriptors = (void*)memory;
  queue->available = (void*)(memory + queue->size * sizeof(struct descriptor));
  queue->used = (void*)(memory + used);
}

void begin_queue(struct queue* queue, const struct virtio_device* device, uint16_t number,
                 uint16_t slots, uint16_t parts) {
  *queue = (struct queue){.device = device, .number = number, .parts = parts};
  write_port16(device->port + QUEUE_SELECT, number);
  queue->size = read_port16(device->port + QUEUE_SIZE);
  if ((uint32_t)slots * parts > queue->size) {
    fail_at("the depth does not fit into a queue of", queue->size);
  }
  lay_out(queue);
  queue->available->flags = sleeps() ? 0 : NO_INTERRUPT;
  write_port32(device->port + QUEUE_ADDRESS, physical(queue->descriptors) / PAGE_SIZE);
}

void set_part(struct queue* queue, uint16_t slot, uint16_t part, const void* data, uint32_t size,
              enum part_direction direction, bool is_last) {
  const uint16_t index = slot * queue->parts + part;
  queue->descriptors[index] = (struct descriptor){
      .address = physical(data),
      .size = size,
      .flags = (direction == DEVICE_WRITES ? WRITE : 0) | (is_last ? 0 : NEXT),
      .next = index + 1,
  };
}

void set_part_size(struct queue* queue, uint16_t slot, uint16_t part, uint32_t size) {
  queue->descriptors[slot * queue->parts + part].size = size;
}

void offer(struct queue* queue, uint16_t slot) {
  const uint16_t index = queue->available->index;
  queue->available->heads[index % queue->size] = slot * queue->parts;
  write_barrier();  // 2.7.13.3
  queue->available->index = index + 1;
}

void notify(const struct queue* queue) {
  memory_barrier();  // 2.7.13.4.1
  if (!(queue->used->flags & NO_NOTIFY)) {
    write_port16(queue->device->port + QUEUE_NOTIFY, queue->number);
  }
}

bool take_completion(struct queue* queue, struct completion* completion) {
  if (queue->used->index == queue->taken) {
    return false;
  }
  write_barrier();  // reads are not moved before it, either
  const uint16_t at = queue->taken++ % queue->size;
  completion->slot = (uint16_t)(queue->used->elements[at].head / queue->parts);
  completion->written = queue->used->elements[at].written;
  return true;
}

struct completion await_completion(struct queue* queue) {
  struct completion completion;
  while (!take_completion(queue, &completion)) {
    if (!(queue->available->flags & NO_INTERRUPT)) {
      sleep_until_interrupt();
    }
  }
  return completion;
}

struct completion exchange(struct queue* queue, uint16_t slot) {
  offer(queue, slot);
  notify(queue);
  return await_completion(queue);
}
