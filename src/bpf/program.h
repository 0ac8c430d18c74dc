// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Classic BPF as data.
#ifndef QSBX_BPF_PROGRAM_H_
#define QSBX_BPF_PROGRAM_H_

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstdint>
#include <string>
#include <vector>

#include "src/syscalls/architecture.h"

namespace qsbx {

using Instruction = struct sock_filter;
using Program = std::vector<Instruction>;

// Offsets into struct seccomp_data (include/uapi/linux/seccomp.h).
inline constexpr uint32_t kNumberOffset = 0;
inline constexpr uint32_t kArchitectureOffset = 4;
inline constexpr uint32_t kArgumentsOffset = 16;

// BPF loads 32-bit words; both architectures are little endian.
constexpr uint32_t argument_offset(int argument, bool high_word) {
  return kArgumentsOffset + 8 * static_cast<uint32_t>(argument) + (high_word ? 4 : 0);
}

// One line for each instruction, with numbers, actions and offsets by name:
//   "  2: jge  #257 (openat)            true: 5  false: 3"
std::string listing(const Program& program, Architecture architecture);

// "ALLOW", "ERRNO(38)", "KILL_PROCESS"
std::string action_name(uint32_t action);

}  // namespace qsbx

#endif
