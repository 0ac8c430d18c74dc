// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Two loads that write letters for somebody to read: "console" as virtio-serial's first port, by
// the request; "serial" as the second serial port, by the byte. Parameters: size of a request,
// depth.
//
// The letters are a to z, over and over.
#include "latencies.h"
#include "line.h"
#include "loads.h"
#include "machine.h"
#include "memory.h"
#include "parameters.h"
#include "requests.h"
#include "serial_port.h"
#include "virtio.h"

enum { CONSOLE_DEVICE = 3, TRANSMIT = 1 };  // virtio 1.2, 5.3
enum { COM2 = 0x2f8 };

static struct virtio_device device;
static struct queue queue;
static uint32_t size;
static uint8_t* buffers;
static uint32_t next_letter;

static uint8_t letter(void) {
  const uint32_t this = next_letter;
  next_letter = this == 25 ? 0 : this + 1;
  return (uint8_t)('a' + this);
}

static uint8_t* buffer_of(uint16_t slot) { return buffers + slot * size; }

static void prepare(uint16_t slot) {
  uint8_t* buffer = buffer_of(slot);
  for (uint32_t i = 0; i < size; i++) {
    buffer[i] = letter();
  }
}

static void check(uint16_t slot, uint32_t written) {
  (void)slot;
  (void)written;  // the host checks what arrives
}

static struct requests requests = {&queue, 1, prepare, check};

static void begin_console(void) {
  size = number_parameter("size", 64);
  requests.depth = depth_parameter();
  begin_virtio(&device, CONSOLE_DEVICE, 0);
  begin_queue(&queue, &device, TRANSMIT, requests.depth, 1);
  buffers = allocate(requests.depth * size);
  for (uint16_t slot = 0; slot < requests.depth; slot++) {
    set_part(&queue, slot, 0, buffer_of(slot), size, DEVICE_READS, true);
  }
  virtio_is_ready(&device);
}

static void run_console(uint32_t operations) { run_requests(&requests, operations); }

const struct load console_load = {"console", begin_console, run_console};

static void begin_serial(void) { begin_serial_port(COM2, NO_INTERRUPTS); }

static void run_serial(uint32_t operations) {
  for (; operations; operations--) {
    const uint64_t begin = time_stamp();
    write_serial_port(COM2, letter());
    add_latency(time_stamp() - begin);
  }
}

const struct load serial_load = {"serial", begin_serial, run_serial};
