// SPDX-License-Identifier: LGPL-2.1-or-later
#include "interrupts.h"

#include "machine.h"
#include "pci.h"

enum {
  MASTER = 0x20,
  SLAVE = 0xa0,
  LEVEL_TRIGGERED = 0x4d1,  // of interrupts 8 to 15
  FIRST_VECTOR = 0x20,
  SERIAL_PORT = 4,
  CASCADE = 2,
  DEVICES = 11,
  CODE_SEGMENT = 8,
  INTERRUPT_GATE = 0x8e00,
};

// In start.S.
void line_interrupt(void);
void device_interrupt(void);

uint32_t interrupt_status_port;

static uint64_t gates[FIRST_VECTOR + 16];

static void set_gate(uint32_t interrupt, void (*handler)(void)) {
  const uint32_t address = (uint32_t)handler;
  gates[FIRST_VECTOR + interrupt] = (uint64_t)((address & 0xffff0000) | INTERRUPT_GATE) << 32 |
                                    CODE_SEGMENT << 16 | (address & 0xffff);
}

static void load_gates(void) {
  const struct __attribute__((packed)) {
    uint16_t limit;
    uint32_t base;
  } pointer = {sizeof gates - 1, (uint32_t)gates};
  __asm__ volatile("lidt %0" : : "m"(pointer));
}

// The four words that initialize an 8259.
static void begin_controller(uint16_t port, uint8_t vector, uint8_t cascade, uint8_t mask) {
  write_port8(port, 0x11);
  write_port8(port + 1, vector);
  write_port8(port + 1, cascade);
  write_port8(port + 1, 0x01);
  write_port8(port + 1, mask);
}

// The PIIX3 of machine pc routes the four interrupt lines of PCI slots.
static void route_pci_interrupts(void) {
  const uint32_t bridge = pci_function(1, 0);
  write_pci8(bridge, 0x60, DEVICES);
  write_pci8(bridge, 0x61, DEVICES);
  write_pci8(bridge, 0x62, DEVICES);
  write_pci8(bridge, 0x63, DEVICES);
  write_port8(LEVEL_TRIGGERED, 1 << (DEVICES - 8));
}

// The processor's own controller lets through what the other two say, as a BIOS leaves it.
static void let_controllers_through(void) {
  volatile uint32_t* local = (volatile uint32_t*)0xfee00000;
  local[0xf0 / 4] = 0x1ff;   // on
  local[0x350 / 4] = 0x700;  // its first input is theirs
}

void begin_interrupts(void) {
  let_controllers_through();
  set_gate(SERIAL_PORT, line_interrupt);
  set_gate(DEVICES, device_interrupt);
  load_gates();
  begin_controller(MASTER, FIRST_VECTOR, 1 << CASCADE,
                   (uint8_t) ~(1 << SERIAL_PORT | 1 << CASCADE));
  begin_controller(SLAVE, FIRST_VECTOR + 8, CASCADE, (uint8_t) ~(1 << (DEVICES - 8)));
  route_pci_interrupts();
}
