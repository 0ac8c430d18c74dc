// SPDX-License-Identifier: LGPL-2.1-or-later
#include "memory.h"

#include "line.h"

// Above the program (guest.ld), and below the end of the memory that guest_machine.py gives.
static uint32_t next = 0x200000;
static const uint32_t end = 0x2000000;

void* allocate(size_t size) {
  const uint32_t begin = next;
  const uint32_t rounded = (size + PAGE_SIZE - 1) & -PAGE_SIZE;
  if (rounded > end - begin) {
    fail("memory is used up");
  }
  next += rounded;
  return memset((void*)begin, 0, rounded);
}

// gcc makes calls of these three where it likes.

void* memcpy(void* to, const void* from, size_t size) {
  void* destination = to;
  __asm__ volatile("rep movsb" : "+D"(destination), "+S"(from), "+c"(size) : : "memory");
  return to;
}

void* memset(void* at, int byte, size_t size) {
  void* destination = at;
  __asm__ volatile("rep stosb" : "+D"(destination), "+c"(size) : "a"(byte) : "memory");
  return at;
}

int memcmp(const void* left, const void* right, size_t size) {
  const uint8_t* a = left;
  const uint8_t* b = right;
  for (size_t i = 0; i < size; i++) {
    if (a[i] != b[i]) {
      return a[i] - b[i];
    }
  }
  return 0;
}
