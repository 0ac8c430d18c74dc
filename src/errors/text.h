// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Text for people.
#ifndef QSBX_ERRORS_TEXT_H_
#define QSBX_ERRORS_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace qsbx {

// With commas between them.
std::string joined(const std::vector<std::string>& texts);

// "0x1f".
std::string hexadecimal(uint64_t number);

// Text from outside: control characters, which a terminal would obey, become "\\x1b".
std::string printable(std::string_view text);

}  // namespace qsbx

#endif
