// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How the host and the guest talk: lines on the first serial port. What they are is in main.c.
#ifndef QSBX_BENCH_IO_GUEST_LINE_H_
#define QSBX_BENCH_IO_GUEST_LINE_H_

#include <stddef.h>
#include <stdint.h>

void begin_line(void);

// Sleeps until a whole line is there; it ends where the newline was. What does not fit is an error.
void read_line(char* text, size_t size);

void say(const char* text);
void say_number(uint32_t number);
void say_hex(uint64_t number);

// "error TEXT", and that is the end of it.
_Noreturn void fail(const char* text);
// "error TEXT NUMBER"
_Noreturn void fail_at(const char* text, uint32_t number);

#endif
