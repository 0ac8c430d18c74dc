// SPDX-License-Identifier: LGPL-2.1-or-later
//
// All conditions up to a small size.
#ifndef QSBX_TESTS_PROOF_SMALL_CONDITIONS_H_
#define QSBX_TESTS_PROOF_SMALL_CONDITIONS_H_

#include <vector>

#include "src/policy/expression.h"

namespace qsbx {

// Every comparison of argument 0 with
//   16, 32 or 64 bits, signed or not, without a mask: 0, 1, the largest and the smallest signed
//   value
//     of its width, all ones; with 64 bits, 2^32 as well;
//   16, 32 or 64 bits, unsigned, with a mask of two bits at both ends, and with 64 bits one of the
//     high word alone: 0, the mask, and its lowest bit;
// by each of the six comparators.
std::vector<Expression> comparisons(int argument);

// Every comparison; every pair of them on one argument; and every pair on two arguments where the
// comparator of the second is == or <: joined by "and", by "or", and by the negation of either.
std::vector<Expression> small_conditions();

// The calls' arguments 0 and 1 at every constant and mask of the condition, next to them, at zero
// and all ones, and with the high bits that do not count set.
std::vector<Arguments> boundary_arguments(const Expression& condition);

}  // namespace qsbx

#endif
