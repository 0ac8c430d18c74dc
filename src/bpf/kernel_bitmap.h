// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The bitmap of call numbers that the kernel makes of a filter as it is attached (Linux 5.11): a
// call in it runs at once, and no filter of the thread is asked. Which calls are in it is found by
// emulating the program with nothing but architecture and number known.
//
// What is said here is what the program itself brings about. Recent kernels put uretprobe and
// uprobe into the bitmap whatever the program says (src/syscalls/beyond_filters.h).
#ifndef QSBX_BPF_KERNEL_BITMAP_H_
#define QSBX_BPF_KERNEL_BITMAP_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "src/bpf/program.h"

namespace qsbx {

// Whether the kernel answers call `number` of `audit_arch` with ALLOW from its bitmap, without
// running the program: what seccomp_is_const_allow() (kernel/seccomp.c) finds.
bool kernel_caches(const Program& program, uint32_t audit_arch, int number);

// Instructions that the kernel looks at to find out whether call `number` goes into its bitmap.
int emulation_steps(const Program& program, uint32_t audit_arch, int number);

// The instruction that keeps call `number` out of the bitmap although the program may allow it: one
// that needs more than architecture and number, or an ALLOW with data, which is not cached.
std::optional<size_t> bitmap_obstacle(const Program& program, uint32_t audit_arch, int number);

// The first instruction that could be such an obstacle for any call. Without one, the kernel's
// emulation of every number below its limit ends where a run would end, so whatever the program
// allows is in the bitmap. `program` has passed check_program().
std::optional<size_t> first_bitmap_obstacle(const Program& program);

}  // namespace qsbx

#endif
