// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Single instructions.
#ifndef QSBX_BENCH_IO_GUEST_MACHINE_H_
#define QSBX_BENCH_IO_GUEST_MACHINE_H_

#include <stdint.h>

static inline void write_port8(uint16_t port, uint8_t value) {
  __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void write_port16(uint16_t port, uint16_t value) {
  __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void write_port32(uint16_t port, uint32_t value) {
  __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint8_t read_port8(uint16_t port) {
  uint8_t value;
  __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
  return value;
}

static inline uint16_t read_port16(uint16_t port) {
  uint16_t value;
  __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
  return value;
}

static inline uint32_t read_port32(uint16_t port) {
  uint32_t value;
  __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
  return value;
}

static inline uint64_t time_stamp(void) {
  uint64_t value;
  __asm__ volatile("rdtsc" : "=A"(value));
  return value;
}

// What was written before is in memory before what is read or written after.
static inline void memory_barrier(void) {
  __asm__ volatile("lock; addl $0, (%%esp)" : : : "memory", "cc");
}

// x86 keeps the order of writes; it is the compiler that must.
static inline void write_barrier(void) { __asm__ volatile("" : : : "memory"); }

#endif
