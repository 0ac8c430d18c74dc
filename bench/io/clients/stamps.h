// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What is on the disks: each sector begins and ends with a stamp, a little-endian word that says
// which sector it is and how often it was written. bench/io/stamps.py makes images so. A stamp at
// both ends is what a read costs least to check by that still shows a sector in the wrong place, an
// old one, and a transfer that is short.
#ifndef QSBX_BENCH_IO_CLIENTS_STAMPS_H_
#define QSBX_BENCH_IO_CLIENTS_STAMPS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace qsbx::bench {

constexpr size_t kSectorSize = 512;

// `generation` is 0 in an image that nobody has written to.
uint64_t stamp(uint64_t sector, uint16_t generation);

void stamp_sectors(std::span<std::byte> data, uint64_t first_sector, uint16_t generation);

// So that nothing passes a check that was there before.
void spoil_sectors(std::span<std::byte> data);

// The first sector of `data` that does not have its stamps.
std::optional<uint64_t> first_without_stamp(std::span<const std::byte> data, uint64_t first_sector,
                                            uint16_t generation);

// The first that is not zero where stamps would be.
std::optional<uint64_t> first_without_zeros(std::span<const std::byte> data, uint64_t first_sector);

}  // namespace qsbx::bench

#endif
