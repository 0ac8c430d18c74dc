// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Conditions for formats that know no more than `(argument & mask) == value`, any of some
// alternatives, each of some such tests.
//
//     ioctl: cmd in { 1, 3 }     (arg1 & 0xffffffff) == 1  or  (arg1 & 0xffffffff) == 3
//     read: fd >= 0              (arg0 & 0x80000000) == 0
//
// A width is a mask here: what the kernel ignores of a register, the test ignores too.
//
// No call satisfies two clauses, and where two clauses part they look at the same bits of the same
// argument and see them differently. So it makes no difference whether a reader takes the first one
// that matches, the last one or any of them, and whether it goes back to another one when a part of
// one has matched, which libseccomp, who stands behind the container runtimes, does not always do.
#ifndef QSBX_RENDER_CLAUSES_H_
#define QSBX_RENDER_CLAUSES_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "src/policy/actions.h"
#include "src/policy/policy.h"

namespace qsbx {

// (argument & mask) == value, on all 64 bits of the register.
struct MaskedTest {
  int argument;
  uint64_t mask;
  uint64_t value;

  auto operator<=>(const MaskedTest&) const = default;
};

// All tests hold; at most one for each argument, in the order of the arguments. No tests: always.
using Clause = std::vector<MaskedTest>;

// Whatever its arguments. In audit what a refusal would bar runs, too; where it asks for a report,
// that is what becomes of other calls anyway.
bool runs_whole(const CallPolicy& call, Mode mode);

// What every reader of such lists can be asked to take for one call.
inline constexpr size_t kMostClauses = 512;

// These are nullopt when there are more than kMostClauses, or the conditions are too large to tell.
std::optional<std::vector<Clause>> granted_clauses(const CallPolicy& call);
// Of the arguments that no grant covers.
std::optional<std::vector<Clause>> remaining_clauses(const CallPolicy& call);
// For who tries one after the other: several may hold for a call, so that there are fewer.
std::optional<std::vector<Clause>> overlapping_clauses(const CallPolicy& call);

// The clauses that together hold where `clause` does, by tests that together hold where one of its
// tests does. Where there are more than kMostClauses it stops, with as many that are not whole.
using Spelling = std::function<std::vector<MaskedTest>(const MaskedTest&)>;
std::vector<Clause> spelled_out(const Clause& clause, const Spelling& spelling);

}  // namespace qsbx

#endif
