// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The values of one field, cut where what happens changes.
#ifndef QSBX_COMPILE_FIELD_AXIS_H_
#define QSBX_COMPILE_FIELD_AXIS_H_

#include <utility>
#include <vector>

#include "src/compile/decision_dag.h"
#include "src/compile/value_set.h"

namespace qsbx {

// What a recorded run used as the field's argument, and how often.
using WeightedValue = std::pair<uint64_t, double>;

// From the first value of each part to the last one of it: ranges that cover all values of the
// field, with none of the sets dividing one.
std::vector<ValueRange> parts_of(const Field& field, const std::vector<const ValueSet*>& sets);

// The node that goes on to `targets[i]` when the field lies in `parts[i]`. A field of two words is
// asked for its high word first, and for the low one only where that decides.
DecisionDag::Id choose_part(DecisionDag& dag, const Field& field,
                            const std::vector<ValueRange>& parts,
                            const std::vector<DecisionDag::Id>& targets,
                            const std::vector<WeightedValue>& seen);

}  // namespace qsbx

#endif
