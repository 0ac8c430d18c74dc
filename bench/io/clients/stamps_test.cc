// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bench/io/clients/stamps.h"

#include <gtest/gtest.h>

#include <vector>

namespace qsbx::bench {
namespace {

class Stamps : public testing::Test {
 protected:
  Stamps() { stamp_sectors(data_, 7, 2); }
  std::optional<uint64_t> wrong() const { return first_without_stamp(data_, 7, 2); }

  std::vector<std::byte> data_ = std::vector<std::byte>(4 * kSectorSize);
};

TEST_F(Stamps, WhatIsStampedPasses) { EXPECT_EQ(std::nullopt, wrong()); }

TEST_F(Stamps, EachEndOfEachSectorIsLookedAt) {
  for (const size_t sector : {0, 1, 3}) {
    for (const size_t place : {size_t{0}, kSectorSize - 1}) {
      std::byte& changed = data_[sector * kSectorSize + place];
      changed ^= std::byte{1};
      EXPECT_EQ(7 + sector, wrong());
      changed ^= std::byte{1};
    }
  }
}

TEST_F(Stamps, AnotherPlaceOrTimeIsWrong) {
  EXPECT_EQ(8u, first_without_stamp(data_, 8, 2));
  EXPECT_EQ(7u, first_without_stamp(data_, 7, 3));
}

TEST_F(Stamps, SpoiltSectorsPassNothing) {
  spoil_sectors(data_);
  EXPECT_EQ(7u, wrong());
  EXPECT_EQ(7u, first_without_zeros(data_, 7));
}

TEST_F(Stamps, ZerosAreZeros) {
  EXPECT_EQ(7u, first_without_zeros(data_, 7));
  EXPECT_EQ(std::nullopt, first_without_zeros(std::vector<std::byte>(kSectorSize), 7));
}

}  // namespace
}  // namespace qsbx::bench
