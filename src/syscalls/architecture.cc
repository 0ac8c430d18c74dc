// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/syscalls/architecture.h"

#include <linux/audit.h>

namespace qsbx {

Architecture native_architecture() {
#if defined(__x86_64__) && !defined(__ILP32__)
  return Architecture::kX86_64;
#elif defined(__aarch64__) && !defined(__ILP32__)
  return Architecture::kAarch64;
#else
#error "qsbx has system call tables for x86_64 and aarch64 only"
#endif
}

uint32_t audit_architecture(Architecture architecture) {
  return architecture == Architecture::kX86_64 ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_AARCH64;
}

std::string_view architecture_name(Architecture architecture) {
  return architecture == Architecture::kX86_64 ? "x86_64" : "aarch64";
}

std::optional<Architecture> architecture_by_name(std::string_view name) {
  for (Architecture architecture : {Architecture::kX86_64, Architecture::kAarch64}) {
    if (architecture_name(architecture) == name) return architecture;
  }
  return std::nullopt;
}

}  // namespace qsbx
