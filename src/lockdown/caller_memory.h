// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_LOCKDOWN_CALLER_MEMORY_H_
#define QSBX_LOCKDOWN_CALLER_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace qsbx {

// The zero-terminated text at `address` of this process, or as much of it as fits and can be read,
// in `room`; empty where nothing can be read. Safe in a signal handler, for addresses that somebody
// else chose.
std::string_view text_at(uint64_t address, char* room, size_t size);

}  // namespace qsbx

#endif
