// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/profile/heap_pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <vector>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

namespace qsbx {
namespace {

// What malloc() takes from the heap and not from mmap(): below M_MMAP_THRESHOLD (mallopt(3)).
constexpr size_t kBlock = size_t{96} * 1024;

void populate(void* block) {
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = (reinterpret_cast<uintptr_t>(block) + page - 1) / page * page;
  const auto end = (reinterpret_cast<uintptr_t>(block) + kBlock) / page * page;
  (void)madvise(reinterpret_cast<void*>(begin), end - begin, MADV_POPULATE_WRITE);
}

}  // namespace

void get_heap_pages(size_t bytes) {
  static std::atomic_flag done;
  // Stays, and of its size since a smaller one may be found elsewhere: what is free at the end of
  // the heap goes back to the kernel. Nobody touches its pages.
  [[maybe_unused]] static void* volatile behind = nullptr;  // else the compiler leaves it out
  if (done.test_and_set()) return;
  std::vector<void*> blocks(bytes / kBlock);
  for (void*& block : blocks) block = malloc(kBlock);
  behind = malloc(kBlock);
  for (void* block : blocks) {
    if (block != nullptr) populate(block);
    free(block);
  }
}

}  // namespace qsbx
