// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The tables are constants of the program: looking into them neither allocates nor locks, and may
// be done in a signal handler.
#include "src/syscalls/syscall_table.h"

#include <algorithm>
#include <array>

#include "src/syscalls/nearest_name.h"

namespace qsbx {

namespace {

// The words that the generated tables are written in: one for each kind of C type in the kernel's
// prototypes, and the name of the argument with, perhaps, the group of its constants.
template <uint8_t kBits, bool kIsSigned, bool kIsPointer>
struct ArgumentOfType {
  template <size_t kNameSize, size_t kGroupSize = 1>
  consteval SyscallArgument operator()(const char (&name)[kNameSize],
                                       const char (&constants)[kGroupSize] = "") const {
    return {name, kBits, kIsSigned, kIsPointer, constants};
  }
};
constexpr ArgumentOfType<16, true, false> s16;
constexpr ArgumentOfType<16, false, false> u16;
constexpr ArgumentOfType<32, true, false> s32;
constexpr ArgumentOfType<32, false, false> u32;
constexpr ArgumentOfType<64, true, false> s64;
constexpr ArgumentOfType<64, false, false> u64;
constexpr ArgumentOfType<64, false, true> pointer;

template <typename... Arguments>
consteval size_t count_of(const Arguments&...) {
  static_assert(sizeof...(Arguments) <= kMaxArguments);
  return sizeof...(Arguments);
}

namespace x86_64 {
#define QSBX_SYSCALL(number, name, ...) \
  constexpr std::array<SyscallArgument, count_of(__VA_ARGS__)> name##_arguments = {__VA_ARGS__};
#include "src/syscalls/tables/syscalls_x86_64.inc"
#undef QSBX_SYSCALL

#define QSBX_SYSCALL(number, name, ...) Syscall{number, #name, name##_arguments},
constexpr Syscall kSyscalls[] = {
#include "src/syscalls/tables/syscalls_x86_64.inc"
};
#undef QSBX_SYSCALL
}  // namespace x86_64

namespace aarch64 {
#define QSBX_SYSCALL(number, name, ...) \
  constexpr std::array<SyscallArgument, count_of(__VA_ARGS__)> name##_arguments = {__VA_ARGS__};
#include "src/syscalls/tables/syscalls_aarch64.inc"
#undef QSBX_SYSCALL

#define QSBX_SYSCALL(number, name, ...) Syscall{number, #name, name##_arguments},
constexpr Syscall kSyscalls[] = {
#include "src/syscalls/tables/syscalls_aarch64.inc"
};
#undef QSBX_SYSCALL
}  // namespace aarch64

static_assert(std::ranges::is_sorted(x86_64::kSyscalls, {}, &Syscall::number));
static_assert(std::ranges::is_sorted(aarch64::kSyscalls, {}, &Syscall::number));

std::string_view without_prefix(std::string_view name) {
  constexpr std::string_view kPrefix = "sys_";
  if (name.starts_with(kPrefix)) name.remove_prefix(kPrefix.size());
  return name;
}

}  // namespace

std::span<const Syscall> syscalls(Architecture architecture) {
  if (architecture == Architecture::kX86_64) return x86_64::kSyscalls;
  return aarch64::kSyscalls;
}

const Syscall* find_syscall(Architecture architecture, std::string_view name) {
  const auto table = syscalls(architecture);
  const auto found = std::ranges::find(table, without_prefix(name), name_in_table);
  return found == table.end() ? nullptr : &*found;
}

const Syscall* find_syscall(Architecture architecture, int number) {
  const auto table = syscalls(architecture);
  const auto found = std::ranges::lower_bound(table, number, {}, &Syscall::number);
  return found == table.end() || found->number != number ? nullptr : &*found;
}

std::string call_name(int number, Architecture architecture) {
  const Syscall* call = find_syscall(architecture, number);
  return call == nullptr ? std::to_string(number) : std::string(call->name);
}

bool syscall_name_exists(std::string_view name) {
  return find_syscall(Architecture::kX86_64, name) != nullptr ||
         find_syscall(Architecture::kAarch64, name) != nullptr;
}

std::string nearest_syscall_name(std::string_view name) {
  NearestName nearest(without_prefix(name));
  for (const Syscall& call : x86_64::kSyscalls) nearest.consider(call.name);
  for (const Syscall& call : aarch64::kSyscalls) nearest.consider(call.name);
  return nearest.name();
}

}  // namespace qsbx
