// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/syscalls/architecture.h"

#include <gtest/gtest.h>
#include <linux/audit.h>

namespace qsbx {
namespace {

TEST(ArchitectureTest, NamesGoThereAndBack) {
  for (Architecture architecture : {Architecture::kX86_64, Architecture::kAarch64}) {
    EXPECT_EQ(architecture_by_name(architecture_name(architecture)), architecture);
  }
  EXPECT_EQ(architecture_by_name("riscv64"), std::nullopt);
  EXPECT_EQ(architecture_by_name(""), std::nullopt);
}

TEST(ArchitectureTest, AuditNumbersAreTheKernels) {
  EXPECT_EQ(audit_architecture(Architecture::kX86_64), AUDIT_ARCH_X86_64);
  EXPECT_EQ(audit_architecture(Architecture::kAarch64), AUDIT_ARCH_AARCH64);
}

TEST(ArchitectureTest, NativeIsTheOneOfTheCompiler) {
#ifdef __x86_64__
  EXPECT_EQ(native_architecture(), Architecture::kX86_64);
#else
  EXPECT_EQ(native_architecture(), Architecture::kAarch64);
#endif
}

}  // namespace
}  // namespace qsbx
