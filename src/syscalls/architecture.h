// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_SYSCALLS_ARCHITECTURE_H_
#define QSBX_SYSCALLS_ARCHITECTURE_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace qsbx {

enum class Architecture { kX86_64, kAarch64 };

// The one this library was built for.
Architecture native_architecture();

// AUDIT_ARCH_* of include/uapi/linux/audit.h: what the kernel puts into seccomp_data.arch.
uint32_t audit_architecture(Architecture architecture);

std::string_view architecture_name(Architecture architecture);  // "x86_64", "aarch64"
std::optional<Architecture> architecture_by_name(std::string_view name);

// arch/x86/include/uapi/asm/unistd.h: calls of the x32 ABI carry this bit under AUDIT_ARCH_X86_64.
inline constexpr uint32_t kX32Bit = 0x40000000;

}  // namespace qsbx

#endif
