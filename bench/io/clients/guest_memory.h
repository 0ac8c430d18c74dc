// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Memory that a device takes for its guest's, shared by a descriptor.
#ifndef QSBX_BENCH_IO_CLIENTS_GUEST_MEMORY_H_
#define QSBX_BENCH_IO_CLIENTS_GUEST_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace qsbx::bench {

// A piece of it: where it is mapped here, and where the device finds it.
struct GuestRange {
  std::span<std::byte> bytes;
  uint64_t address;
};

class GuestMemory {
 public:
  // Of its own; address 0 is the first byte.
  static GuestMemory make(size_t size);
  // All of `file`, which a QEMU has as the memory of its machine.
  static GuestMemory of_file(const std::string& file);

  GuestMemory(GuestMemory&& other) noexcept;
  ~GuestMemory();

  // A piece that nobody has yet, of zeros, aligned to a page. Throws when there is none.
  GuestRange take(size_t size);

  int descriptor() const { return descriptor_; }
  std::span<std::byte> all() const { return all_; }

 private:
  GuestMemory(int descriptor, size_t size, size_t taken);

  int descriptor_;
  std::span<std::byte> all_;
  size_t taken_;
};

}  // namespace qsbx::bench

#endif
