// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which part of a machine a call comes from, as far as runs of machines that differ can tell.
#ifndef QSBX_LEARN_ATTRIBUTION_H_
#define QSBX_LEARN_ATTRIBUTION_H_

#include <set>
#include <vector>

#include "src/learn/trace.h"

namespace qsbx {

// By their place in the list of traces.
using Runs = std::set<size_t>;

// The parts, any of which may be behind a call that was made in `makers`: of those that all makers
// have, the ones that the fewest of all runs have. Where only the makers have them, that is the
// difference between the machines; where others do, too, their work was different. Empty: nothing
// tells the makers from the others, so that the call belongs to every machine.
std::set<Part> parts_behind(const Runs& makers, const std::vector<Trace>& traces);

// How many runs have one of the parts, which are of parts_behind() and so are all in as many. All
// runs when there are none.
size_t runs_with(const std::set<Part>& parts, const std::vector<Trace>& traces);

// Whether runs can tell parts apart: there are two, and the machine of each is known.
bool tell_apart(const std::vector<Trace>& traces);

}  // namespace qsbx

#endif
