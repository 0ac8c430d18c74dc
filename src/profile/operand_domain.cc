// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/profile/operand_domain.h"

#include <algorithm>
#include <bit>

namespace qsbx {

uint64_t low_bits(int bits) { return bits >= 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1; }

OperandDomain::OperandDomain(const Operand& operand)
    : bits_(operand.bits),
      is_signed_(operand.is_signed),
      sign_(operand.is_signed ? uint64_t{1} << (operand.bits - 1) : 0),
      greatest_(low_bits(operand.bits)),
      mask_(operand.mask & greatest_) {}

std::optional<uint64_t> OperandDomain::ordinal_of_pattern(Number number) const {
  if (number >= 0 && number <= static_cast<Number>(greatest_)) {
    return static_cast<uint64_t>(number) ^ sign_;
  }
  return ordinal_of_quantity(number);
}

std::optional<uint64_t> OperandDomain::ordinal_of_quantity(Number number) const {
  if (!is_signed_) {
    if (number < 0 || number > static_cast<Number>(greatest_)) return std::nullopt;
    return static_cast<uint64_t>(number);
  }
  // The sign-extended pattern of a negative number, all 64 bits of it, is that number.
  constexpr Number kTwoTo64 = static_cast<Number>(1) << 64;
  const Number half = static_cast<Number>(sign_);
  if (number >= kTwoTo64 - half && number < kTwoTo64) number -= kTwoTo64;
  if (number < -half || number >= half) return std::nullopt;
  return static_cast<uint64_t>(number + half);
}

uint64_t OperandDomain::value_of(uint64_t ordinal) const { return ordinal - sign_; }

std::vector<ValueRange> OperandDomain::satisfying(Comparator comparator, uint64_t bound) const {
  std::vector<ValueRange> ranges;
  const bool below = comparator == Comparator::kNotEqual || comparator == Comparator::kLess ||
                     comparator == Comparator::kLessEqual;
  const bool above = comparator == Comparator::kNotEqual || comparator == Comparator::kGreater ||
                     comparator == Comparator::kGreaterEqual;
  const bool equal = comparator == Comparator::kEqual || comparator == Comparator::kLessEqual ||
                     comparator == Comparator::kGreaterEqual;
  if (below && bound > 0) ranges.push_back({0, bound - 1});
  if (equal) ranges.push_back({bound, bound});
  if (above && bound < greatest_) ranges.push_back({bound + 1, greatest_});
  return ranges;
}

bool OperandDomain::has_any_in(const ValueRange& ordinals) const {
  const std::optional<uint64_t> first = next_possible(ordinals.first);
  return first && *first <= ordinals.last;
}

Outcome OperandDomain::outcome(std::vector<ValueRange> ordinals) const {
  std::sort(ordinals.begin(), ordinals.end(),
            [](const ValueRange& a, const ValueRange& b) { return a.first < b.first; });
  bool any = false;
  std::optional<uint64_t> uncovered = next_possible(0);
  for (const ValueRange& range : ordinals) {
    any = any || has_any_in(range);
    const bool covers = uncovered && range.first <= *uncovered && *uncovered <= range.last;
    if (covers) {
      uncovered = range.last == greatest_ ? std::nullopt : next_possible(range.last + 1);
    }
  }
  if (!any) return Outcome::kNeverTrue;
  return uncovered ? Outcome::kSometimes : Outcome::kNeverFalse;
}

// Where `start` has bits that the mask does not allow, the answer is larger than `start` at some
// higher bit, the lowest that can be raised, and as small as possible below it.
std::optional<uint64_t> OperandDomain::next_possible(uint64_t start) const {
  const uint64_t excess = start & ~mask_;
  if (excess == 0) return start;
  const int highest_excess = 63 - std::countl_zero(excess);
  const uint64_t raisable = mask_ & ~start & ~low_bits(highest_excess + 1);
  if (raisable == 0) return std::nullopt;
  const int raised = std::countr_zero(raisable);
  return (start & ~low_bits(raised)) | (uint64_t{1} << raised);
}

}  // namespace qsbx
