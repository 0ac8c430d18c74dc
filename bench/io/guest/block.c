// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Parameters: size of a request, depth; write=1, random=1; zeros=1 where the disk has nothing but
// zeros.
//
// What is on the disk is in bench/io/clients/stamps.h: each sector begins and ends with a word that
// says which it is, and in which run of the guest it was written.
#include "line.h"
#include "loads.h"
#include "memory.h"
#include "parameters.h"
#include "requests.h"
#include "virtio.h"

// virtio 1.2, 5.2
enum { BLOCK_DEVICE = 2, CAPACITY = 0, READ = 0, WRITE = 1, OK = 0, UNANSWERED = 0xff };
enum { SECTOR_SIZE = 512, WORDS_OF_SECTOR = SECTOR_SIZE / sizeof(uint64_t) };
enum { HEADER, DATA, STATUS, PARTS };

struct header {
  uint32_t type;
  uint32_t reserved;
  uint64_t sector;
};

static struct virtio_device device;
static struct queue queue;
static struct header* headers;
static uint8_t* statuses;
static uint8_t* buffers;

static uint32_t size;
static uint32_t blocks;
static uint32_t generation;
static uint32_t next_block;
static uint32_t is_write, is_random, is_zeros;

static uint64_t stamp(uint32_t sector, uint32_t written_in) {
  return (uint64_t)(0x51530000 | (written_in & 0xffff)) << 32 | sector;
}

static uint64_t* buffer_of(uint16_t slot) { return (uint64_t*)(buffers + slot * size); }

// Each block once before any comes again: a power of two of them, a multiplier of one more than a
// multiple of four and an odd addend.
static uint32_t block_after(uint32_t block) {
  return is_random ? (block * 1664525 + 1013904223) & (blocks - 1) : (block + 1) & (blocks - 1);
}

static void stamp_block(uint64_t* data, uint32_t sector) {
  for (uint32_t i = 0; i < size / SECTOR_SIZE; i++, data += WORDS_OF_SECTOR) {
    data[0] = data[WORDS_OF_SECTOR - 1] = stamp(sector + i, generation);
  }
}

static void check_block(const uint64_t* data, uint32_t sector) {
  for (uint32_t i = 0; i < size / SECTOR_SIZE; i++, data += WORDS_OF_SECTOR) {
    const uint64_t expected = is_zeros ? 0 : stamp(sector + i, 0);
    if (data[0] != expected || data[WORDS_OF_SECTOR - 1] != expected) {
      fail_at("wrong data in sector", sector + i);
    }
  }
}

// A buffer of a disk of zeros must not have them from before.
static void spoil_block(uint64_t* data) {
  for (uint32_t i = 0; i < size / SECTOR_SIZE; i++, data += WORDS_OF_SECTOR) {
    data[0] = data[WORDS_OF_SECTOR - 1] = ~0ull;
  }
}

static void prepare(uint16_t slot) {
  const uint32_t sector = next_block * (size / SECTOR_SIZE);
  next_block = block_after(next_block);
  headers[slot].sector = sector;
  statuses[slot] = UNANSWERED;
  if (is_write) {
    stamp_block(buffer_of(slot), sector);
  } else if (is_zeros) {
    spoil_block(buffer_of(slot));
  }
}

static void check(uint16_t slot, uint32_t written) {
  const uint32_t sector = (uint32_t)headers[slot].sector;
  if (statuses[slot] != OK) {
    fail_at("a request failed at sector", sector);
  }
  if (written != (is_write ? 1 : size + 1)) {
    fail_at("a request was cut short at sector", sector);
  }
  if (!is_write) {
    check_block(buffer_of(slot), sector);
  }
}

static struct requests requests = {&queue, 1, prepare, check};

static void set_slot(uint16_t slot) {
  headers[slot].type = is_write ? WRITE : READ;
  set_part(&queue, slot, HEADER, &headers[slot], sizeof headers[slot], DEVICE_READS, false);
  set_part(&queue, slot, DATA, buffer_of(slot), size, is_write ? DEVICE_READS : DEVICE_WRITES,
           false);
  set_part(&queue, slot, STATUS, &statuses[slot], 1, DEVICE_WRITES, true);
}

static void begin(void) {
  size = number_parameter("size", 4096);
  is_write = number_parameter("write", 0);
  is_random = number_parameter("random", 0);
  is_zeros = number_parameter("zeros", 0);
  requests.depth = depth_parameter();
  begin_virtio(&device, BLOCK_DEVICE, 0);
  begin_queue(&queue, &device, 0, requests.depth, PARTS);
  blocks = read_virtio_configuration32(&device, CAPACITY) / (size / SECTOR_SIZE);
  if (blocks == 0 || (blocks & (blocks - 1)) != 0) {
    fail_at("the disk has no power of two of blocks, but", blocks);
  }
  headers = allocate(requests.depth * sizeof *headers);
  statuses = allocate(requests.depth);
  buffers = allocate(requests.depth * size);
  for (uint16_t slot = 0; slot < requests.depth; slot++) {
    set_slot(slot);
  }
  virtio_is_ready(&device);
}

static void run(uint32_t operations) {
  generation++;
  run_requests(&requests, operations);
}

const struct load block_load = {"block", begin, run};
