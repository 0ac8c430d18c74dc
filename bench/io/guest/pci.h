// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Bus 0, which is all there is.
#ifndef QSBX_BENCH_IO_GUEST_PCI_H_
#define QSBX_BENCH_IO_GUEST_PCI_H_

#include <stdint.h>

// Stands for a function in what follows.
static inline uint32_t pci_function(uint32_t slot, uint32_t function) {
  return slot << 11 | function << 8;
}

uint32_t read_pci32(uint32_t function, uint8_t offset);
void write_pci8(uint32_t function, uint8_t offset, uint8_t value);
void write_pci32(uint32_t function, uint8_t offset, uint32_t value);

// The first function of this kind, with its addresses assigned and enabled. It is an error when
// there is none.
uint32_t begin_pci(uint16_t vendor, uint16_t device);

// Where a region of a function that has begun is: an I/O port or an address.
uint32_t pci_region(uint32_t function, uint32_t number);

#endif
