// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What BPF's accumulator holds at one place of a program, for all calls at once: a number, or some
// bits of one word of struct seccomp_data, shifted.
#ifndef QSBX_VERIFY_ACCUMULATOR_H_
#define QSBX_VERIFY_ACCUMULATOR_H_

#include <compare>
#include <cstdint>

#include "src/policy/decision_diagram.h"

namespace qsbx {

class Accumulator {
 public:
  static Accumulator of_constant(uint32_t value);
  static Accumulator of_word(uint32_t offset);

  // BPF's AND, RSH and LSH; `count` below 32.
  Accumulator masked(uint32_t mask) const;
  Accumulator shifted_right(int count) const;
  Accumulator shifted_left(int count) const;

  // The calls for which JEQ, JGT, JGE and JSET jump.
  DecisionDiagrams::Node equals(DecisionDiagrams& diagrams, uint32_t value) const;
  DecisionDiagrams::Node greater(DecisionDiagrams& diagrams, uint32_t value) const;
  DecisionDiagrams::Node greater_or_equal(DecisionDiagrams& diagrams, uint32_t value) const;
  DecisionDiagrams::Node intersects(DecisionDiagrams& diagrams, uint32_t value) const;

  auto operator<=>(const Accumulator&) const = default;

 private:
  // With a mask the value is (word & mask), shifted right by `shift`, or left by -`shift`, and no
  // bit of the mask is shifted out. Without one it is `constant`. What does not count is 0, so that
  // equal values compare equal.
  uint32_t mask_ = 0;
  uint32_t offset_ = 0;
  int shift_ = 0;
  uint32_t constant_ = 0;
};

}  // namespace qsbx

#endif
