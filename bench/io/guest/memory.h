// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_BENCH_IO_GUEST_MEMORY_H_
#define QSBX_BENCH_IO_GUEST_MEMORY_H_

#include <stddef.h>
#include <stdint.h>

#define PAGE_SIZE 4096u

// Whole pages of zeros, which are never freed. Physical addresses are what pointers are: there is
// no paging.
void* allocate(size_t size);

static inline uint32_t physical(const void* address) { return (uint32_t)address; }

void* memcpy(void* to, const void* from, size_t size);
void* memset(void* at, int byte, size_t size);
int memcmp(const void* left, const void* right, size_t size);

#endif
