// SPDX-License-Identifier: LGPL-2.1-or-later
#include "serial_port.h"

void begin_serial_port(uint16_t port, uint8_t interrupts) {
  write_port8(port + 3, 0x80);  // the next two are the divisor
  write_port8(port, 1);
  write_port8(port + 1, 0);
  write_port8(port + 3, 0x03);  // eight bits, no parity
  write_port8(port + 2, 0x07);  // queues on, and empty
  write_port8(port + 4, 0x0b);  // ready, and its interrupts let through
  write_port8(port + 1, interrupts);
}
