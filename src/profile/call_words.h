// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A system call as a person types it: "openat", "AT_FDCWD", "0", "O_RDWR|O_CREAT".
#ifndef QSBX_PROFILE_CALL_WORDS_H_
#define QSBX_PROFILE_CALL_WORDS_H_

#include <string>
#include <string_view>
#include <vector>

#include "src/errors/result.h"
#include "src/policy/policy.h"

namespace qsbx {

// The call's number, from its name or from a number, which need not be in the table. kUsage with
// the nearest name, or with the architecture that does have it.
Result<int> read_call_number(const std::string& word, Architecture architecture);

// Argument `index` of a call; `call` is nullptr for a number that no table has. An argument is a
// number (decimal, octal with a leading 0, or hexadecimal, negative with - before it), a constant
// that fits the argument, or several of these with | between them; ~ before one turns its bits
// round. kUsage when it is none of that.
Result<uint64_t> read_call_argument(const Syscall* call, size_t index, std::string_view text,
                                    Architecture architecture);

// Arguments that are not given are 0.
Result<Call> read_call(const std::string& name, const std::vector<std::string>& arguments,
                       Architecture architecture);

}  // namespace qsbx

#endif
