// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A condition as filter strings of the kernel's trace events (Documentation/trace/events.rst):
//
//   event_filters(fd == 3, {"fd"})
//     {"!(fd & 0xfffffffc) && fd & 0x1 && fd & 0x2"}
//
// A string is true exactly of the calls that satisfy the condition. What makes this work:
//
//   - Every argument is a field of 64 bits, whatever its C type, with whatever the caller left in
//     the upper half. So a comparison of fewer bits, or of masked ones, is said by tests of bits:
//     `x & m` is true when any bit of m is set, and there is no `(x & m) == v`. With `&&`, `||` and
//     `!` they say every comparison of bits, ordered ones too: x >= 5 of three bits is
//     `x & 4 && (x & 2 || x & 1)`.
//   - The fields are unsigned (the kernel declares no argument of a call signed), so comparisons of
//     all 64 bits can be said as such, on the unsigned values that a signed comparison means.
//   - A `char *` is a string to the kernel and cannot be compared as a number.
//   - A string has to fit in a page with its terminating zero.
#ifndef QSBX_COMPILE_EVENT_FILTER_H_
#define QSBX_COMPILE_EVENT_FILTER_H_

#include <string>
#include <vector>

#include "src/errors/result.h"
#include "src/policy/expression.h"
#include "src/syscalls/event_format.h"

namespace qsbx {

// Of pages of 4096 bytes, the smallest there are.
inline constexpr size_t kLongestEventFilter = 4095;

// No call satisfies two of the strings, so that counts may be added; a condition is split only
// where one string would be too long. No string: no call satisfies the condition. An empty string:
// every call does, and there must be no filter.
//
// `fields` are those of the call's event (argument_fields()). Fails with kProgram and the reason
// where the kernel's strings cannot say the condition.
Result<std::vector<std::string>> event_filters(const Expression& condition,
                                               const std::vector<EventField>& fields);

}  // namespace qsbx

#endif
