// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The driver's side of a ring, by a device that is written here as the standard has it.
#include "bench/io/clients/split_ring.h"

#include <gtest/gtest.h>

namespace qsbx::bench {
namespace {

constexpr uint16_t kSize = 4;

class Ring : public testing::Test {
 protected:
  // The words of a ring: flags, index, entries, and the index of the event.
  uint16_t& available(unsigned word) { return word_of(ring_.available(), word); }
  uint16_t& used(unsigned word) { return word_of(ring_.used(), word); }
  uint16_t& used_event() { return available(2 + kSize); }
  uint16_t& avail_event() { return used(2 + 4 * kSize); }

  // The device is done with the chain that begins with `head`.
  void finish(uint16_t head) {
    used(2 + 4 * (used(1) % kSize)) = head;
    ++used(1);
  }

  static uint16_t& word_of(const GuestRange& range, unsigned word) {
    return reinterpret_cast<uint16_t*>(range.bytes.data())[word];
  }

  GuestMemory memory_ = GuestMemory::make(1 << 20);
  SplitRing ring_{memory_, kSize};
};

TEST_F(Ring, WhatIsOfferedIsSeenWhenItIsPublished) {
  ring_.offer(2);
  EXPECT_EQ(0, available(1));
  ring_.publish();
  EXPECT_EQ(1, available(1));
  EXPECT_EQ(2, available(2));
}

TEST_F(Ring, TheDeviceIsNotifiedWhereItAskedToBe) {
  ring_.offer(0);
  EXPECT_TRUE(ring_.publish());  // of the first, from the start
  ring_.offer(1);
  EXPECT_FALSE(ring_.publish());
  avail_event() = 3;  // when the fourth comes
  ring_.offer(2);
  EXPECT_FALSE(ring_.publish());
  ring_.offer(3);
  EXPECT_TRUE(ring_.publish());
  EXPECT_FALSE(ring_.publish()) << "of nothing";
}

TEST_F(Ring, OneOfManyAtOnceIsEnoughForANotification) {
  avail_event() = 1;
  for (const uint16_t head : {0, 1, 2}) ring_.offer(head);
  EXPECT_TRUE(ring_.publish());
}

TEST_F(Ring, ChainsComeBackOnceAndInTheDevicesOrder) {
  EXPECT_FALSE(ring_.take());
  finish(3);
  finish(1);
  EXPECT_EQ(3, ring_.take()->head);
  EXPECT_EQ(1, ring_.take()->head);
  EXPECT_FALSE(ring_.take());
}

TEST_F(Ring, ItGoesRoundForAsLongAsIndicesDo) {
  for (unsigned i = 0; i < 70'000; ++i) {
    const uint16_t head = i % kSize;
    avail_event() = static_cast<uint16_t>(i);
    ring_.offer(head);
    ASSERT_TRUE(ring_.publish()) << i;
    ASSERT_EQ(head, available(2 + i % kSize));
    finish(head);
    ASSERT_EQ(head, ring_.take()->head) << i;
  }
}

TEST_F(Ring, ASignalIsAskedForTheNextOneUnlessItIsThere) {
  finish(0);
  EXPECT_FALSE(ring_.ask_for_signal());
  ring_.take();
  EXPECT_TRUE(ring_.ask_for_signal());
  EXPECT_EQ(1, used_event());
}

TEST_F(Ring, ADeviceThatInventsAChainIsAnError) {
  finish(kSize);
  EXPECT_THROW(ring_.take(), std::runtime_error);
}

}  // namespace
}  // namespace qsbx::bench
