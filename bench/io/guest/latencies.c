// SPDX-License-Identifier: LGPL-2.1-or-later
#include "latencies.h"

#include "memory.h"

// A bucket for each of the numbers below 32, then 32 for each power of two.
enum {
  FRACTION_BITS = 5,
  FRACTIONS = 1 << FRACTION_BITS,
  BUCKETS = (64 - FRACTION_BITS + 1) * FRACTIONS
};

static uint32_t buckets[BUCKETS];
static uint32_t count;
static uint64_t longest;

void forget_latencies(void) {
  memset(buckets, 0, sizeof buckets);
  count = 0;
  longest = 0;
}

static uint32_t highest_bit(uint64_t value) {
  const uint32_t high = (uint32_t)(value >> 32);
  return high ? 63 - (uint32_t)__builtin_clz(high) : 31 - (uint32_t)__builtin_clz((uint32_t)value);
}

static uint32_t bucket_of(uint64_t ticks) {
  if (ticks < FRACTIONS) {
    return (uint32_t)ticks;
  }
  const uint32_t shift = highest_bit(ticks) - FRACTION_BITS;
  return (shift + 1) * FRACTIONS + ((uint32_t)(ticks >> shift) - FRACTIONS);
}

static uint64_t end_of_bucket(uint32_t bucket) {
  if (bucket < FRACTIONS) {
    return bucket;
  }
  const uint32_t shift = bucket / FRACTIONS - 1;
  return ((uint64_t)(FRACTIONS + bucket % FRACTIONS + 1) << shift) - 1;
}

void add_latency(uint64_t ticks) {
  buckets[bucket_of(ticks)]++;
  count++;
  if (ticks > longest) {
    longest = ticks;
  }
}

// Rounded up: the quantile of one is that one.
static uint32_t rank(uint32_t thousandths) {
  return count / 1000 * thousandths + (count % 1000 * thousandths + 999) / 1000;
}

uint64_t latency_quantile(uint32_t thousandths) {
  uint32_t left = rank(thousandths);
  for (uint32_t bucket = 0; left && bucket < BUCKETS; bucket++) {
    if (buckets[bucket] >= left) {
      const uint64_t end = end_of_bucket(bucket);
      return end < longest ? end : longest;
    }
    left -= buckets[bucket];
  }
  return 0;
}

uint64_t longest_latency(void) { return longest; }
