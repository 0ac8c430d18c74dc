// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The tables are constants of the program: looking into them neither allocates nor locks, and may
// be done in a signal handler.
#include "src/syscalls/constants.h"

#include <algorithm>

#include "src/syscalls/nearest_name.h"

namespace qsbx {

namespace {

// A table is read twice: for the constants, and for the groups.
namespace x86_64 {
#define QSBX_GROUP_BEGIN(name, kind, field) constexpr Constant name##_constants[] = {
#define QSBX_CONSTANT(name, value) {name, true, value},
#define QSBX_SYNONYM(name, value) {name, false, value},
#define QSBX_GROUP_END() \
  }                      \
  ;
#include "src/syscalls/tables/constants_x86_64.inc"
#undef QSBX_GROUP_BEGIN
#undef QSBX_CONSTANT
#undef QSBX_SYNONYM
#undef QSBX_GROUP_END

#define QSBX_GROUP_BEGIN(name, kind, field) {#name, ConstantKind::kind, name##_constants, field},
#define QSBX_CONSTANT(name, value)
#define QSBX_SYNONYM(name, value)
#define QSBX_GROUP_END()
constexpr ConstantGroup kGroups[] = {
#include "src/syscalls/tables/constants_x86_64.inc"
};
#undef QSBX_GROUP_BEGIN
#undef QSBX_CONSTANT
#undef QSBX_SYNONYM
#undef QSBX_GROUP_END
}  // namespace x86_64

namespace aarch64 {
#define QSBX_GROUP_BEGIN(name, kind, field) constexpr Constant name##_constants[] = {
#define QSBX_CONSTANT(name, value) {name, true, value},
#define QSBX_SYNONYM(name, value) {name, false, value},
#define QSBX_GROUP_END() \
  }                      \
  ;
#include "src/syscalls/tables/constants_aarch64.inc"
#undef QSBX_GROUP_BEGIN
#undef QSBX_CONSTANT
#undef QSBX_SYNONYM
#undef QSBX_GROUP_END

#define QSBX_GROUP_BEGIN(name, kind, field) {#name, ConstantKind::kind, name##_constants, field},
#define QSBX_CONSTANT(name, value)
#define QSBX_SYNONYM(name, value)
#define QSBX_GROUP_END()
constexpr ConstantGroup kGroups[] = {
#include "src/syscalls/tables/constants_aarch64.inc"
};
#undef QSBX_GROUP_BEGIN
#undef QSBX_CONSTANT
#undef QSBX_SYNONYM
#undef QSBX_GROUP_END
}  // namespace aarch64

constexpr bool all_sorted(std::span<const ConstantGroup> groups) {
  for (const ConstantGroup& group : groups) {
    if (!std::ranges::is_sorted(group.constants, {}, name_in_table)) return false;
  }
  return std::ranges::is_sorted(groups, {}, name_in_table);
}
static_assert(all_sorted(x86_64::kGroups));
static_assert(all_sorted(aarch64::kGroups));

constexpr std::string_view kErrnoGroup = "errno";

std::span<const ConstantGroup> groups_of(Architecture architecture) {
  if (architecture == Architecture::kX86_64) return x86_64::kGroups;
  return aarch64::kGroups;
}

const Constant* find_in_group(const ConstantGroup& group, std::string_view name) {
  const auto found = std::ranges::lower_bound(group.constants, name, {}, name_in_table);
  return found == group.constants.end() || found->name != name ? nullptr : &*found;
}

}  // namespace

const ConstantGroup* find_constant_group(Architecture architecture, std::string_view group) {
  const auto groups = groups_of(architecture);
  const auto found = std::ranges::lower_bound(groups, group, {}, name_in_table);
  return found == groups.end() || found->name != group ? nullptr : &*found;
}

std::optional<uint64_t> find_constant(Architecture architecture, std::string_view group,
                                      std::string_view name) {
  const ConstantGroup* names = find_constant_group(architecture, group);
  const Constant* constant = names ? find_in_group(*names, name) : nullptr;
  return constant ? std::optional(constant->value) : std::nullopt;
}

const ConstantGroup* group_of_constant(Architecture architecture, std::string_view name) {
  for (const ConstantGroup& group : groups_of(architecture)) {
    if (find_in_group(group, name)) return &group;
  }
  return nullptr;
}

std::string nearest_constant_name(Architecture architecture, std::string_view group,
                                  std::string_view name) {
  NearestName nearest(name);
  if (const ConstantGroup* names = find_constant_group(architecture, group)) {
    for (const Constant& constant : names->constants) nearest.consider(constant.name);
  }
  return nearest.name();
}

std::optional<int> find_errno(std::string_view name) {
  const auto value = find_constant(native_architecture(), kErrnoGroup, name);
  return value ? std::optional(static_cast<int>(*value)) : std::nullopt;
}

std::string_view errno_name(int number) {
  for (const Constant& constant :
       find_constant_group(native_architecture(), kErrnoGroup)->constants) {
    const bool is_it = constant.value == static_cast<uint64_t>(number);
    if (is_it && constant.is_printed) return constant.name;
  }
  return {};
}

}  // namespace qsbx
