// SPDX-License-Identifier: LGPL-2.1-or-later
//
// An operation gives pages to the host and takes them back. That the host had them shows by their
// being empty.
#include "latencies.h"
#include "line.h"
#include "loads.h"
#include "machine.h"
#include "memory.h"
#include "virtio.h"

enum { BALLOON_DEVICE = 5, INFLATE = 0, DEFLATE = 1 };  // virtio 1.2, 5.5
enum { PAGES = 64 };

static struct virtio_device device;
static struct queue inflate_queue, deflate_queue;
static uint8_t* pages;
static uint32_t* numbers;

static uint32_t* page(uint32_t index) { return (uint32_t*)(pages + index * PAGE_SIZE); }

static void begin_one(struct queue* queue, uint16_t number) {
  begin_queue(queue, &device, number, 1, 1);
  set_part(queue, 0, 0, numbers, PAGES * sizeof *numbers, DEVICE_READS, true);
}

static void begin(void) {
  pages = allocate(PAGES * PAGE_SIZE);
  numbers = allocate(PAGES * sizeof *numbers);
  for (uint32_t i = 0; i < PAGES; i++) {
    numbers[i] = physical(page(i)) / PAGE_SIZE;
  }
  begin_virtio(&device, BALLOON_DEVICE, 0);
  begin_one(&inflate_queue, INFLATE);
  begin_one(&deflate_queue, DEFLATE);
  virtio_is_ready(&device);
}

static void mark_pages(void) {
  for (uint32_t i = 0; i < PAGES; i++) {
    *page(i) = i + 1;
  }
}

static void check_pages(void) {
  for (uint32_t i = 0; i < PAGES; i++) {
    if (*page(i) != 0) {
      fail_at("the host has not taken page", numbers[i]);
    }
  }
}

static void run(uint32_t operations) {
  for (; operations; operations--) {
    mark_pages();
    const uint64_t begin = time_stamp();
    exchange(&inflate_queue, 0);
    exchange(&deflate_queue, 0);
    add_latency(time_stamp() - begin);
    check_pages();
  }
}

const struct load balloon_load = {"balloon", begin, run};
