// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The system's named constants, in groups by the argument they belong to: "open_flags" has O_CREAT,
// "prot" has PROT_EXEC. A name may be in several groups, with one value each.
#ifndef QSBX_SYSCALLS_CONSTANTS_H_
#define QSBX_SYSCALLS_CONSTANTS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "src/syscalls/architecture.h"
#include "src/syscalls/table_name.h"

namespace qsbx {

struct Constant {
  TableName<51> name;
  bool is_printed;  // one name for each value; not masks and internal names
  uint64_t value;
};

enum class ConstantKind {
  kEnumeration,  // a value is one of the names
  kFlags,        // a value is several names or-ed
};

struct ConstantGroup {
  TableName<31> name;
  ConstantKind kind;
  std::span<const Constant> constants;  // sorted by name
  // The bits of a value that together hold one of several names rather than a flag each: the access
  // mode of open, the signal number of clone. All bits of an enumeration.
  uint64_t field;
};

// nullptr when there is no such group. Neither allocates nor locks.
const ConstantGroup* find_constant_group(Architecture architecture, std::string_view group);

// The value of `name` in `group`.
std::optional<uint64_t> find_constant(Architecture architecture, std::string_view group,
                                      std::string_view name);

// A group that has `name`, whichever; nullptr when the name is unknown to all of them.
const ConstantGroup* group_of_constant(Architecture architecture, std::string_view name);

// The name in `group` nearest to a misspelt one; empty when none is near.
std::string nearest_constant_name(Architecture architecture, std::string_view group,
                                  std::string_view name);

// An errno by its name ("ENOSYS") and back; nullopt / empty when unknown.
std::optional<int> find_errno(std::string_view name);
std::string_view errno_name(int number);

// `value` as a person wants to read it: "O_RDONLY|O_CLOEXEC", "KVM_RUN", "0x1f".
std::string describe_value(Architecture architecture, std::string_view group, uint64_t value);

// The same, for signal handlers: neither allocates nor locks. Writes at most `size` bytes with the
// terminating zero, cuts off what does not fit, and returns the length of what it wrote.
size_t describe_value_into(char* buffer, size_t size, Architecture architecture,
                           std::string_view group, uint64_t value);

}  // namespace qsbx

#endif
