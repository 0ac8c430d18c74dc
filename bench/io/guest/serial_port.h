// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A 16550 at an I/O port.
#ifndef QSBX_BENCH_IO_GUEST_SERIAL_PORT_H_
#define QSBX_BENCH_IO_GUEST_SERIAL_PORT_H_

#include <stdbool.h>
#include <stdint.h>

#include "machine.h"

enum { NO_INTERRUPTS = 0, RECEIVE_INTERRUPTS = 1 };

void begin_serial_port(uint16_t port, uint8_t interrupts);

static inline bool serial_port_has_data(uint16_t port) { return read_port8(port + 5) & 0x01; }

// Waits until there is room for it.
static inline void write_serial_port(uint16_t port, uint8_t byte) {
  while (!(read_port8(port + 5) & 0x20)) {
  }
  write_port8(port, byte);
}

#endif
