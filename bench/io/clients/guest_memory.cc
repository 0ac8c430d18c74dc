// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bench/io/clients/guest_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "bench/io/clients/checked.h"

namespace qsbx::bench {
namespace {

constexpr size_t kPage = 4096;
// Below it a PC has its firmware and its frame buffer.
constexpr size_t kFirstOfPc = 1 << 20;

}  // namespace

GuestMemory GuestMemory::make(size_t size) {
  const int descriptor = checked(memfd_create("guest", MFD_CLOEXEC), "memfd_create");
  checked(ftruncate(descriptor, size), "ftruncate");
  return GuestMemory(descriptor, size, 0);
}

GuestMemory GuestMemory::of_file(const std::string& file) {
  const int descriptor = checked(open(file.c_str(), O_RDWR | O_CLOEXEC), file.c_str());
  struct stat state;
  checked(fstat(descriptor, &state), "fstat");
  return GuestMemory(descriptor, state.st_size, kFirstOfPc);
}

GuestMemory::GuestMemory(int descriptor, size_t size, size_t taken)
    : descriptor_(descriptor), taken_(taken) {
  void* const start =
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, descriptor, 0);
  if (start == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  all_ = {static_cast<std::byte*>(start), size};
}

GuestMemory::GuestMemory(GuestMemory&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      all_(std::exchange(other.all_, {})),
      taken_(other.taken_) {}

GuestMemory::~GuestMemory() {
  if (descriptor_ < 0) return;
  munmap(all_.data(), all_.size());
  close(descriptor_);
}

GuestRange GuestMemory::take(size_t size) {
  const size_t needed = (size + kPage - 1) & ~(kPage - 1);
  if (all_.size() - taken_ < needed) throw std::runtime_error("the guest's memory is too small");
  const GuestRange range{all_.subspan(taken_, size), taken_};
  taken_ += needed;
  std::memset(range.bytes.data(), 0, size);
  return range;
}

}  // namespace qsbx::bench
