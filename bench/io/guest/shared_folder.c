// SPDX-License-Identifier: LGPL-2.1-or-later
//
// 9P2000.L over virtio. An operation walks to the file "measured", asks for its attributes and
// forgets it: three requests. Parameter: size, which the file has.
#include "latencies.h"
#include "line.h"
#include "loads.h"
#include "machine.h"
#include "memory.h"
#include "parameters.h"
#include "virtio.h"

enum { SHARED_FOLDER_DEVICE = 9 };  // virtio 1.2, 5: "9P transport"
enum { REQUEST, ANSWER, PARTS };
enum { MESSAGE_SIZE = 65536 };

enum { ATTACH = 104, GET_ATTRIBUTES = 24, VERSION = 100, WALK = 110, CLUNK = 120 };
enum { NO_TAG = 0xffff, TAG = 1, NO_FID = 0xffffffff, ROOT = 1, FILE = 2 };
enum {
  GET_BASIC = 0x7ff,
  TYPE = 4,
  PAYLOAD = 7,
  SIZE_OF_FILE = PAYLOAD + 8 + 13 + 4 + 4 + 4 + 8 + 8
};

static struct virtio_device device;
static struct queue queue;
static uint8_t *request, *answer;
static uint32_t end;

static void add8(uint32_t value) { request[end++] = (uint8_t)value; }

static void add16(uint32_t value) {
  add8(value);
  add8(value >> 8);
}

static void add32(uint32_t value) {
  add16(value);
  add16(value >> 16);
}

static void add_text(const char* text) {
  const uint32_t length_at = end;
  add16(0);
  while (*text) {
    add8((uint8_t)*text++);
  }
  request[length_at] = (uint8_t)(end - length_at - 2);
}

static uint32_t read32(const uint8_t* at) { return *(const uint32_t*)at; }

static void begin_message(uint8_t type, uint16_t tag) {
  end = 4;
  add8(type);
  add16(tag);
}

// An answer has the number after its request's.
static void ask(void) {
  *(uint32_t*)request = end;
  set_part_size(&queue, 0, REQUEST, end);
  exchange(&queue, 0);
  if (answer[TYPE] != request[TYPE] + 1) {
    fail_at("the folder refused request", request[TYPE]);
  }
}

static void agree_on_version(void) {
  begin_message(VERSION, NO_TAG);
  add32(MESSAGE_SIZE);
  add_text("9P2000.L");
  ask();
}

static void attach(void) {
  begin_message(ATTACH, TAG);
  add32(ROOT);
  add32(NO_FID);
  add_text("root");
  add_text("");
  add32(0);
  ask();
}

static void walk(void) {
  begin_message(WALK, TAG);
  add32(ROOT);
  add32(FILE);
  add16(1);
  add_text("measured");
  ask();
}

static void check_attributes(void) {
  begin_message(GET_ATTRIBUTES, TAG);
  add32(FILE);
  add32(GET_BASIC);
  add32(0);
  ask();
  if (read32(answer + SIZE_OF_FILE) != number_parameter("size", 0)) {
    fail_at("the file has a wrong size:", read32(answer + SIZE_OF_FILE));
  }
}

static void clunk(void) {
  begin_message(CLUNK, TAG);
  add32(FILE);
  ask();
}

static void begin(void) {
  begin_virtio(&device, SHARED_FOLDER_DEVICE, 0);
  begin_queue(&queue, &device, 0, 1, PARTS);
  request = allocate(MESSAGE_SIZE);
  answer = allocate(MESSAGE_SIZE);
  set_part(&queue, 0, REQUEST, request, MESSAGE_SIZE, DEVICE_READS, false);
  set_part(&queue, 0, ANSWER, answer, MESSAGE_SIZE, DEVICE_WRITES, true);
  virtio_is_ready(&device);
  agree_on_version();
  attach();
}

static void run(uint32_t operations) {
  for (; operations; operations--) {
    const uint64_t begin = time_stamp();
    walk();
    check_attributes();
    clunk();
    add_latency(time_stamp() - begin);
  }
}

const struct load shared_folder_load = {"folder", begin, run};
