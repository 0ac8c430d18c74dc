// SPDX-License-Identifier: LGPL-2.1-or-later
//
// An operation fills the screen of QEMU's standard VGA with one colour: its number since the start,
// in blue, green and red. Parameters: width, height.
#include "latencies.h"
#include "loads.h"
#include "machine.h"
#include "parameters.h"
#include "pci.h"

// docs/specs/standard-vga in QEMU's source: the display interface of Bochs.
enum {
  VENDOR = 0x1234,
  DEVICE = 0x1111,
  INDEX = 0x1ce,
  DATA = 0x1cf,
  WIDTH = 1,
  HEIGHT = 2,
  BITS = 3,
  ENABLE = 4,
  ENABLED_AND_LINEAR = 0x41,

  // What is left of VGA: the screen is blank until its palette is handed to it.
  ATTRIBUTES = 0x3c0,
  EXPECT_INDEX = 0x3da,
  PALETTE_IN_USE = 0x20,
};

static uint32_t* pixels;
static uint32_t count;
static uint32_t colour;

static void set_display(uint16_t index, uint32_t value) {
  write_port16(INDEX, index);
  write_port16(DATA, (uint16_t)value);
}

static void fill(void) {
  uint32_t* at = pixels;
  uint32_t left = count;
  __asm__ volatile("rep stosl" : "+D"(at), "+c"(left) : "a"(colour) : "memory");
}

static void begin(void) {
  const uint32_t width = number_parameter("width", 640);
  const uint32_t height = number_parameter("height", 480);
  pixels = (uint32_t*)pci_region(begin_pci(VENDOR, DEVICE), 0);
  count = width * height;
  set_display(ENABLE, 0);
  set_display(WIDTH, width);
  set_display(HEIGHT, height);
  set_display(BITS, 32);
  set_display(ENABLE, ENABLED_AND_LINEAR);
  read_port8(EXPECT_INDEX);
  write_port8(ATTRIBUTES, PALETTE_IN_USE);
  fill();
}

static void run(uint32_t operations) {
  for (; operations; operations--) {
    const uint64_t begin = time_stamp();
    colour = (colour + 1) & 0xffffff;
    fill();
    add_latency(time_stamp() - begin);
  }
}

const struct load screen_load = {"screen", begin, run};
