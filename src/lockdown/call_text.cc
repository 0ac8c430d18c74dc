// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/call_text.h"

#include <algorithm>
#include <iterator>

#include "src/policy/actions.h"
#include "src/syscalls/constants.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

constexpr size_t kConstantsRoom = 256;
constexpr size_t kFileNameRoom = 128;

// What the kernel looks at of the register.
uint64_t relevant_bits(const SyscallArgument& argument, uint64_t value) {
  if (argument.bits == 64) return value;
  return value & ((uint64_t{1} << argument.bits) - 1);
}

int64_t signed_value(const SyscallArgument& argument, uint64_t value) {
  const int unused = 64 - argument.bits;
  return static_cast<int64_t>(value << unused) >> unused;
}

void append_constants(Line& line, Architecture architecture, const SyscallArgument& argument,
                      uint64_t value) {
  char room[kConstantsRoom];
  const size_t length =
      describe_value_into(room, sizeof room, architecture, argument.constants, value);
  line.text({room, std::min(length, sizeof room)});
}

void append_number(Line& line, const SyscallArgument& argument, uint64_t value) {
  constexpr uint64_t kReadableInDecimal = 99999;
  if (argument.is_signed) {
    line.decimal(signed_value(argument, value));
  } else if (argument.is_pointer || value > kReadableInDecimal) {
    line.hexadecimal(value);
  } else {
    line.decimal(static_cast<int64_t>(value));
  }
}

bool names_a_file(const SyscallArgument& argument) {
  constexpr std::string_view kNames[] = {"filename", "pathname", "path", "oldname", "newname"};
  return argument.is_pointer && std::ranges::find(kNames, argument.name) != std::end(kNames);
}

void append_file_name(Line& line, uint64_t address, const CallerMemory& memory) {
  char room[kFileNameRoom];
  const std::string_view name = memory.text(address, room, sizeof room);
  if (name.empty()) {
    line.hexadecimal(address);
  } else {
    line.text("\"").untrusted(name).text(name.size() == sizeof room ? "...\"" : "\"");
  }
}

void append_argument(Line& line, Architecture architecture, const SyscallArgument& argument,
                     uint64_t value, const CallerMemory& memory) {
  const bool is_file_mode = argument.bits == 16;
  const uint64_t bits = relevant_bits(argument, value);
  line.text(argument.name).text("=");
  if (names_a_file(argument)) {
    append_file_name(line, value, memory);
  } else if (is_file_mode) {
    line.octal(bits);
  } else if (argument.constants.empty()) {
    append_number(line, argument, bits);
  } else {
    append_constants(line, architecture, argument, bits);
  }
}

void append_foreign(Line& line, Architecture architecture, const struct seccomp_data& call) {
  line.text("call ").decimal(static_cast<uint32_t>(call.nr));
  if (call.arch != audit_architecture(architecture)) {
    line.text(" of another architecture (AUDIT_ARCH ").hexadecimal(call.arch).text(")");
  } else {
    line.text(" of another ABI, such as x32");
  }
}

}  // namespace

void append_call(Line& line, Architecture architecture, const struct seccomp_data& call,
                 const CallerMemory& memory) {
  if (is_foreign(architecture, Call{call.arch, call.nr})) {
    append_foreign(line, architecture, call);
    return;
  }
  const Syscall* known = find_syscall(architecture, call.nr);
  if (known == nullptr) {
    line.text("call ").decimal(call.nr).text(", which this library does not know,");
    return;
  }
  line.text(known->name).text("(");
  for (size_t i = 0; i < known->arguments.size(); ++i) {
    if (i > 0) line.text(", ");
    append_argument(line, architecture, known->arguments[i], call.args[i], memory);
  }
  line.text(")");
}

std::string call_text(Architecture architecture, const struct seccomp_data& call) {
  Line line;
  append_call(line, architecture, call);
  return std::string(line.view());
}

}  // namespace qsbx
