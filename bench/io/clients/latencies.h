// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How long single operations took, in constant memory however many there are.
#ifndef QSBX_BENCH_IO_CLIENTS_LATENCIES_H_
#define QSBX_BENCH_IO_CLIENTS_LATENCIES_H_

#include <array>
#include <cstdint>

namespace qsbx::bench {

// By CLOCK_MONOTONIC.
uint64_t nanoseconds_now();

class Latencies {
 public:
  void add(uint64_t nanoseconds);

  // The value that this share of all is not above, to within 2 %; the longest for 1.
  uint64_t at(double share) const;

 private:
  // Each power of two is cut into this many equal steps.
  static constexpr int kStepBits = 6;
  static constexpr int kSteps = 1 << kStepBits;

  static int bucket_of(uint64_t nanoseconds);
  static uint64_t middle_of(int bucket);

  std::array<uint64_t, (64 - kStepBits + 1) * kSteps> counts_{};
  uint64_t count_ = 0;
  uint64_t longest_ = 0;
};

}  // namespace qsbx::bench

#endif
