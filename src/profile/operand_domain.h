// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The values that an operand can have at all, which is what tells a test that means something from
// one that is always true or never true.
#ifndef QSBX_PROFILE_OPERAND_DOMAIN_H_
#define QSBX_PROFILE_OPERAND_DOMAIN_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "src/policy/expression.h"

namespace qsbx {

// Of 64 bits and their sign, without loss.
__extension__ using Number = __int128;

// The low `bits` bits set.
uint64_t low_bits(int bits);

enum class Outcome { kNeverTrue, kSometimes, kNeverFalse };

// Values are handled as ordinals: unsigned numbers in the order of the values, which for signed
// operands means that the sign bit is flipped.
class OperandDomain {
 public:
  explicit OperandDomain(const Operand& operand);

  // A number that is compared for equality. Whatever is not wider than the operand will do, so that
  // a signed operand can be compared with a pattern of bits such as 0xffffffff.
  std::optional<uint64_t> ordinal_of_pattern(Number number) const;
  // A number that is compared by size: it has to lie between the least and the greatest.
  std::optional<uint64_t> ordinal_of_quantity(Number number) const;

  // As Expression wants it: sign-extended to 64 bits when the operand is signed.
  uint64_t value_of(uint64_t ordinal) const;

  // The ordinals for which `ordinal COMPARATOR bound` holds.
  std::vector<ValueRange> satisfying(Comparator comparator, uint64_t bound) const;

  bool has_any_in(const ValueRange& ordinals) const;
  Outcome outcome(std::vector<ValueRange> ordinals) const;

 private:
  // The least ordinal from `start` on that the operand can have.
  std::optional<uint64_t> next_possible(uint64_t start) const;

  int bits_;
  bool is_signed_;
  uint64_t sign_;      // the sign bit of a signed operand, or 0
  uint64_t greatest_;  // ordinal
  uint64_t mask_;      // bits that can be set in an ordinal
};

}  // namespace qsbx

#endif
