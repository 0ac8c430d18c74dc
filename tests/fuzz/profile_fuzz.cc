// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Any bytes as a profile, for both architectures.
#include <cstdlib>
#include <string_view>

#include "src/profile/profile.h"

namespace {

// What has been read can be printed, and what is printed can be read back.
void print_and_read_back(const qsbx::Profile& profile, qsbx::Architecture architecture) {
  for (const qsbx::Rule& rule : profile.rules) {
    if (rule.numbers.empty()) abort();
    const qsbx::Syscall& call = *qsbx::find_syscall(architecture, rule.numbers.front());
    const std::string text =
        std::string(call.name) + ": " + rule.condition.to_string(call, architecture);
    const auto again = qsbx::parse_profile(text, "printed", architecture, true,
                                           {.file_bytes = 1 << 24, .depth = 1000});
    if (!again.ok()) abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto architecture : {qsbx::Architecture::kX86_64, qsbx::Architecture::kAarch64}) {
    const auto profile = qsbx::parse_profile(text, "fuzz", architecture, true);
    if (profile.ok()) print_and_read_back(*profile, architecture);
  }
  return 0;
}
