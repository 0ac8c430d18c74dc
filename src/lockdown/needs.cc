// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/needs.h"

#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

const Origin& built_in() {
  static const Origin kBuiltIn = {"libqsbx", "built in", 0};
  return kBuiltIn;
}

}  // namespace

Expression argument_is(int argument, uint8_t bits, uint64_t value) {
  const Operand operand = {argument, bits, false, ~uint64_t{0}};
  return Expression::compare(operand, Comparator::kEqual, value);
}

void Needs::call(std::string_view name, Expression condition) {
  const Syscall* syscall = find_syscall(policy_.architecture(), name);
  if (syscall == nullptr) return;
  policy_.grant(syscall->number, {std::move(condition), built_in()});
}

// The only refusal of this call in this policy: it cannot be in conflict.
void Needs::refuse(std::string_view name, int error) {
  const Syscall* syscall = find_syscall(policy_.architecture(), name);
  if (syscall == nullptr) return;
  (void)policy_.refuse(syscall->number, {error, built_in()});
}

}  // namespace qsbx
