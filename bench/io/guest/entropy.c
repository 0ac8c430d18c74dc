// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Parameters: size of a request, depth.
#include "line.h"
#include "loads.h"
#include "memory.h"
#include "parameters.h"
#include "requests.h"
#include "virtio.h"

enum { ENTROPY_DEVICE = 4 };  // virtio 1.2, 5.4

static struct virtio_device device;
static struct queue queue;
static uint32_t size;
static uint8_t* buffers;

static uint8_t* buffer_of(uint16_t slot) { return buffers + slot * size; }

static void prepare(uint16_t slot) { memset(buffer_of(slot), 0, size); }

// Random bytes are all zero once in 2 to the power of 8 * size.
static void check(uint16_t slot, uint32_t written) {
  const uint8_t* bytes = buffer_of(slot);
  if (written != size) {
    fail_at("the bytes were not as many as asked for:", written);
  }
  for (uint32_t i = 0; i < size; i++) {
    if (bytes[i]) {
      return;
    }
  }
  fail("the bytes are not random");
}

static struct requests requests = {&queue, 1, prepare, check};

static void begin(void) {
  size = number_parameter("size", 64);
  requests.depth = depth_parameter();
  begin_virtio(&device, ENTROPY_DEVICE, 0);
  begin_queue(&queue, &device, 0, requests.depth, 1);
  buffers = allocate(requests.depth * size);
  for (uint16_t slot = 0; slot < requests.depth; slot++) {
    set_part(&queue, slot, 0, buffer_of(slot), size, DEVICE_WRITES, true);
  }
  virtio_is_ready(&device);
}

static void run(uint32_t operations) { run_requests(&requests, operations); }

const struct load entropy_load = {"entropy", begin, run};
