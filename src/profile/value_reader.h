// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Constants and numbers of a profile as the numbers of one architecture, for one argument.
#ifndef QSBX_PROFILE_VALUE_READER_H_
#define QSBX_PROFILE_VALUE_READER_H_

#include <optional>
#include <string>
#include <string_view>

#include "src/profile/condition_tree.h"
#include "src/profile/operand_domain.h"
#include "src/profile/reporter.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx {

class ValueReader {
 public:
  ValueReader(const Syscall& call, int argument, IoctlField field, Architecture architecture,
              Reporter& reporter)
      : call_(call),
        argument_(call.arguments[static_cast<size_t>(argument)]),
        field_(field),
        architecture_(architecture),
        reporter_(reporter) {}

  // nullopt when the value is wrong, which has been reported, or names a constant of another
  // architecture: then missing() is its name. Whether the number fits is for the caller to say.
  std::optional<Number> read(const ValueTree& value);

  std::string_view missing() const { return missing_; }

 private:
  std::optional<Number> named(const ValueTree& value);
  std::optional<Number> direction(const ValueTree& value);
  std::optional<Number> complement(const ValueTree& value);
  std::optional<Number> negative(const ValueTree& value);
  std::optional<Number> any_of(const ValueTree& value);
  std::optional<Number> shifted(const ValueTree& value);
  Number as_argument(uint64_t constant) const;
  void report_unknown(const ValueTree& value) const;
  void report_foreign(const ValueTree& value, std::string_view group) const;
  std::string owner_of(std::string_view constant, std::string_view group) const;

  const Syscall& call_;
  const SyscallArgument& argument_;
  IoctlField field_;
  Architecture architecture_;
  Reporter& reporter_;
  std::string_view missing_;
};

Architecture other_architecture(Architecture architecture);

}  // namespace qsbx

#endif
