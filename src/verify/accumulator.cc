// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/verify/accumulator.h"

namespace qsbx {
namespace {

using Node = DecisionDiagrams::Node;

// The bits from `first` upwards; `first` may lie outside the word, on either side.
uint32_t bits_from(int first) {
  if (first <= 0) return UINT32_MAX;
  return first >= 32 ? 0 : UINT32_MAX << first;
}

// `value` moved to where the word's bits were before a shift to the right by `shift`.
uint64_t unshifted(uint32_t value, int shift) {
  return shift >= 0 ? uint64_t{value} << shift : value >> -shift;
}

}  // namespace

Accumulator Accumulator::of_constant(uint32_t value) {
  Accumulator result;
  result.constant_ = value;
  return result;
}

Accumulator Accumulator::of_word(uint32_t offset) {
  Accumulator result;
  result.mask_ = UINT32_MAX;
  result.offset_ = offset;
  return result;
}

Accumulator Accumulator::masked(uint32_t mask) const {
  if (mask_ == 0) return of_constant(constant_ & mask);
  Accumulator result = *this;
  result.mask_ &= static_cast<uint32_t>(unshifted(mask, shift_));
  return result.mask_ == 0 ? of_constant(0) : result;
}

Accumulator Accumulator::shifted_right(int count) const {
  if (mask_ == 0) return of_constant(constant_ >> count);
  Accumulator result = *this;
  result.shift_ += count;
  result.mask_ &= bits_from(result.shift_);
  return result.mask_ == 0 ? of_constant(0) : result;
}

Accumulator Accumulator::shifted_left(int count) const {
  if (mask_ == 0) return of_constant(constant_ << count);
  Accumulator result = *this;
  result.shift_ -= count;
  result.mask_ &= ~bits_from(32 + result.shift_);
  return result.mask_ == 0 ? of_constant(0) : result;
}

Node Accumulator::equals(DecisionDiagrams& diagrams, uint32_t value) const {
  if (mask_ == 0) return diagrams.terminal(constant_ == value ? 1 : 0);
  const bool below_lowest_bit = shift_ < 0 && (value & ~bits_from(-shift_)) != 0;
  const uint64_t wanted = unshifted(value, shift_);
  if (below_lowest_bit || wanted > UINT32_MAX) return diagrams.falsehood();
  return diagrams.word_equals(offset_, mask_, static_cast<uint32_t>(wanted));
}

// After a shift to the left the low bits of `value` do not count: the left side has none there, so
// it is greater exactly when its other bits are.
Node Accumulator::greater(DecisionDiagrams& diagrams, uint32_t value) const {
  if (mask_ == 0) return diagrams.terminal(constant_ > value ? 1 : 0);
  const uint64_t limit = unshifted(value, shift_);
  if (limit > UINT32_MAX) return diagrams.falsehood();
  return diagrams.word_greater(offset_, mask_, static_cast<uint32_t>(limit));
}

Node Accumulator::greater_or_equal(DecisionDiagrams& diagrams, uint32_t value) const {
  return value == 0 ? diagrams.truth() : greater(diagrams, value - 1);
}

Node Accumulator::intersects(DecisionDiagrams& diagrams, uint32_t value) const {
  const Accumulator common = masked(value);
  if (common.mask_ == 0) return diagrams.terminal(common.constant_ != 0 ? 1 : 0);
  return diagrams.word_intersects(common.offset_, common.mask_);
}

}  // namespace qsbx
