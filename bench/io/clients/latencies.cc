// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bench/io/clients/latencies.h"

#include <time.h>

#include <algorithm>
#include <bit>
#include <cmath>

namespace qsbx::bench {

uint64_t nanoseconds_now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return uint64_t(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

void Latencies::add(uint64_t nanoseconds) {
  ++counts_[bucket_of(nanoseconds)];
  ++count_;
  longest_ = std::max(longest_, nanoseconds);
}

uint64_t Latencies::at(double share) const {
  const auto rank = std::max<uint64_t>(1, std::ceil(share * count_));
  if (rank >= count_) return longest_;
  uint64_t seen = 0;
  for (size_t bucket = 0; bucket < counts_.size(); ++bucket) {
    seen += counts_[bucket];
    if (seen >= rank) return std::min(middle_of(bucket), longest_);
  }
  return longest_;
}

// Values below kSteps have a bucket each. Above, the leading bit says which power of two, and the
// kStepBits bits behind it which step.
int Latencies::bucket_of(uint64_t nanoseconds) {
  if (nanoseconds < kSteps) return int(nanoseconds);
  const int shift = std::bit_width(nanoseconds) - 1 - kStepBits;
  return (shift + 1) * kSteps + int((nanoseconds >> shift) - kSteps);
}

uint64_t Latencies::middle_of(int bucket) {
  if (bucket < kSteps) return bucket;
  const int shift = bucket / kSteps - 1;
  const uint64_t lowest = uint64_t(kSteps + bucket % kSteps) << shift;
  return lowest + (uint64_t{1} << shift) / 2;
}

}  // namespace qsbx::bench
