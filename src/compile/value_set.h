// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A comparison as the set of register values for which it is true. Signs and comparators end here:
// what follows sees unsigned ranges only.
#ifndef QSBX_COMPILE_VALUE_SET_H_
#define QSBX_COMPILE_VALUE_SET_H_

#include <vector>

#include "src/policy/expression.h"

namespace qsbx {

// The masked bits of one argument. Two comparisons with equal fields can be merged into one set.
struct Field {
  int argument;
  uint64_t mask;  // bits that the width leaves out are zero

  bool operator==(const Field&) const = default;
};

struct ValueSet {
  Field field;
  std::vector<ValueRange> ranges;  // unsigned, sorted, disjoint, not touching; may be empty
};

// `node` is a comparison or a membership (kCompare, kIn).
ValueSet value_set(const ExpressionNode& node);

// Of the same field.
ValueSet united(const ValueSet& a, const ValueSet& b);

}  // namespace qsbx

#endif
