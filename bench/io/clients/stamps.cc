// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bench/io/clients/stamps.h"

#include <bit>
#include <cstring>

namespace qsbx::bench {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr uint64_t kMark = uint64_t{0x5153} << 48;
constexpr size_t kLast = kSectorSize - sizeof(uint64_t);

uint64_t word_at(const std::byte* place) {
  uint64_t word;
  std::memcpy(&word, place, sizeof word);
  return word;
}

template <typename Expected>
std::optional<uint64_t> first_unlike(std::span<const std::byte> data, uint64_t first_sector,
                                     Expected expected) {
  for (size_t offset = 0; offset < data.size(); offset += kSectorSize) {
    const uint64_t sector = first_sector + offset / kSectorSize;
    const uint64_t word = expected(sector);
    const std::byte* const place = data.data() + offset;
    if (word_at(place) != word || word_at(place + kLast) != word) return sector;
  }
  return std::nullopt;
}

template <typename Word>
void mark_sectors(std::span<std::byte> data, Word word_of) {
  for (size_t offset = 0; offset < data.size(); offset += kSectorSize) {
    const uint64_t word = word_of(offset / kSectorSize);
    std::memcpy(data.data() + offset, &word, sizeof word);
    std::memcpy(data.data() + offset + kLast, &word, sizeof word);
  }
}

}  // namespace

uint64_t stamp(uint64_t sector, uint16_t generation) {
  return kMark | uint64_t{generation} << 32 | sector;
}

void stamp_sectors(std::span<std::byte> data, uint64_t first_sector, uint16_t generation) {
  mark_sectors(data, [=](uint64_t index) { return stamp(first_sector + index, generation); });
}

void spoil_sectors(std::span<std::byte> data) {
  mark_sectors(data, [](uint64_t) { return ~uint64_t{0}; });
}

std::optional<uint64_t> first_without_stamp(std::span<const std::byte> data, uint64_t first_sector,
                                            uint16_t generation) {
  return first_unlike(data, first_sector,
                      [=](uint64_t sector) { return stamp(sector, generation); });
}

std::optional<uint64_t> first_without_zeros(std::span<const std::byte> data,
                                            uint64_t first_sector) {
  return first_unlike(data, first_sector, [](uint64_t) { return uint64_t{0}; });
}

}  // namespace qsbx::bench
