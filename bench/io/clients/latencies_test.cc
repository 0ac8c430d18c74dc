// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bench/io/clients/latencies.h"

#include <gtest/gtest.h>

namespace qsbx::bench {
namespace {

TEST(Latencies, TheMiddleOfOneTwoThreeIsTwo) {
  Latencies latencies;
  for (const uint64_t one : {3, 1, 2}) latencies.add(one);
  EXPECT_EQ(2u, latencies.at(0.5));
  EXPECT_EQ(3u, latencies.at(1));
}

TEST(Latencies, AValueIsRightToWithinTwoPercentWhateverItsSize) {
  for (uint64_t value = 1; value < uint64_t{1} << 40; value = value * 5 / 4 + 1) {
    Latencies latencies;
    latencies.add(value);
    latencies.add(value);
    latencies.add(uint64_t{1} << 41);
    EXPECT_NEAR(double(value), double(latencies.at(0.5)), 0.02 * value) << value;
  }
}

TEST(Latencies, SharesAreOfAllThatWereAdded) {
  Latencies latencies;
  for (uint64_t value = 1; value <= 10'000; ++value) latencies.add(value * 1000);
  EXPECT_NEAR(5'000'000, latencies.at(0.5), 100'000);
  EXPECT_NEAR(9'900'000, latencies.at(0.99), 200'000);
  EXPECT_EQ(10'000'000u, latencies.at(1));
}

TEST(Latencies, TheLongestIsExact) {
  Latencies latencies;
  latencies.add(123'456'789);
  EXPECT_EQ(123'456'789u, latencies.at(0.5));
  EXPECT_EQ(123'456'789u, latencies.at(1));
}

TEST(Latencies, EverythingHasAPlace) {
  Latencies latencies;
  latencies.add(0);
  latencies.add(~uint64_t{0});
  EXPECT_EQ(0u, latencies.at(0.5));
  EXPECT_EQ(~uint64_t{0}, latencies.at(1));
}

}  // namespace
}  // namespace qsbx::bench
