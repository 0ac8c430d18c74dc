// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pci.h"

#include "line.h"
#include "machine.h"

enum {
  ADDRESS = 0xcf8,
  DATA = 0xcfc,
  IDENTITY = 0x00,
  COMMAND = 0x04,
  IO_MEMORY_AND_BUS_MASTER = 0x07,
  REGIONS = 0x10,
  REGION_COUNT = 6,
  SLOTS = 32,
};

// Where nothing else of machine pc is.
static uint32_t next_port = 0xc000;
static uint32_t next_address = 0xe0000000;

static void choose(uint32_t function, uint8_t offset) {
  write_port32(ADDRESS, 0x80000000 | function | (offset & 0xfc));
}

uint32_t read_pci32(uint32_t function, uint8_t offset) {
  choose(function, offset);
  return read_port32(DATA);
}

void write_pci8(uint32_t function, uint8_t offset, uint8_t value) {
  choose(function, offset);
  write_port8((uint16_t)(DATA + (offset & 3)), value);
}

void write_pci32(uint32_t function, uint8_t offset, uint32_t value) {
  choose(function, offset);
  write_port32(DATA, value);
}

static uint8_t region_offset(uint32_t number) { return (uint8_t)(REGIONS + 4 * number); }

static uint32_t take(uint32_t* next, uint32_t size) {
  const uint32_t begin = (*next + size - 1) & -size;
  *next = begin + size;
  return begin;
}

// How many registers the region has: two when it may lie above 4 GiB, where this puts none.
static uint32_t assign_region(uint32_t function, uint32_t number) {
  const uint8_t offset = region_offset(number);
  // A region answers all ones with the bits that can be set, which is how large it is.
  write_pci32(function, offset, 0xffffffff);
  const uint32_t answer = read_pci32(function, offset);
  const int is_port = answer & 1;
  const uint32_t size_mask = answer & (is_port ? 0xfffffffc : 0xfffffff0);
  if (size_mask == 0) {
    return 1;
  }
  write_pci32(function, offset, take(is_port ? &next_port : &next_address, -size_mask));
  if (is_port || (answer & 6) != 4) {
    return 1;
  }
  write_pci32(function, region_offset(number + 1), 0);
  return 2;
}

static void assign_regions(uint32_t function) {
  for (uint32_t number = 0; number < REGION_COUNT;) {
    number += assign_region(function, number);
  }
}

uint32_t begin_pci(uint16_t vendor, uint16_t device) {
  for (uint32_t slot = 0; slot < SLOTS; slot++) {
    const uint32_t function = pci_function(slot, 0);
    if (read_pci32(function, IDENTITY) == ((uint32_t)device << 16 | vendor)) {
      assign_regions(function);
      write_pci32(function, COMMAND, IO_MEMORY_AND_BUS_MASTER);
      return function;
    }
  }
  fail_at("there is no PCI device", device);
}

uint32_t pci_region(uint32_t function, uint32_t number) {
  const uint32_t value = read_pci32(function, region_offset(number));
  return value & (value & 1 ? 0xfffffffc : 0xfffffff0);
}
