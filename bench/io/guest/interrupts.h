// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Two interrupts end a sleep: the first serial port's and the one that all PCI devices share. They
// are let through only while the processor sleeps.
#ifndef QSBX_BENCH_IO_GUEST_INTERRUPTS_H_
#define QSBX_BENCH_IO_GUEST_INTERRUPTS_H_

#include <stdint.h>

void begin_interrupts(void);

// One that is there already ends it at once.
void sleep_until_interrupt(void);

// Of the virtio device that is measured.
extern uint32_t interrupt_status_port;

#endif
