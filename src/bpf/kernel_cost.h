// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the kernel makes of a program, in numbers that are the same on every run: it translates
// classic BPF before it compiles it (bpf_convert_filter() in net/core/filter.c).
#ifndef QSBX_BPF_KERNEL_COST_H_
#define QSBX_BPF_KERNEL_COST_H_

#include <cstddef>

#include "src/bpf/program.h"

namespace qsbx {

// What all filters of a thread may add up to (MAX_INSNS_PER_PATH), in converted instructions, and
// what each filter counts for beyond its own length. The newest is counted without.
inline constexpr size_t kStackLimit = 32768;
inline constexpr size_t kStackPenalty = 4;

// How many instructions the kernel runs in the place of this one.
size_t converted_instructions(const Instruction& instruction);

// Of the whole program, with what it begins with. This is how it counts towards kStackLimit, unless
// net.core.bpf_jit_harden hides its constants.
size_t converted_length(const Program& program);

}  // namespace qsbx

#endif
