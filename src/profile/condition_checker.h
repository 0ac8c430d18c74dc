// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Gives a condition the meaning that it has for one system call of one architecture.
#ifndef QSBX_PROFILE_CONDITION_CHECKER_H_
#define QSBX_PROFILE_CONDITION_CHECKER_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/policy/expression.h"
#include "src/profile/condition_tree.h"
#include "src/profile/operand_domain.h"
#include "src/profile/reporter.h"
#include "src/profile/value_reader.h"

namespace qsbx {

class ConditionChecker {
 public:
  ConditionChecker(const Syscall& call, Architecture architecture, Reporter& reporter)
      : call_(call), architecture_(architecture), reporter_(reporter) {}

  // nullopt when the condition is wrong, which has been reported, or when it has no meaning on this
  // architecture because it names constants that only another one has: that has been noted.
  std::optional<Expression> check(const ConditionTree& tree);

 private:
  struct Range {
    ValueRange ordinals;
    bool missing = false;  // a constant of another architecture, left out of the set
  };

  std::optional<Expression> check_terms(const ConditionTree& tree);
  std::optional<Expression> check_test(const Test& test);
  std::optional<Expression> any_bits(const Test& test, const Operand& operand);
  std::optional<Expression> compared(const Test& test, const Operand& operand);
  std::optional<Expression> in_set(const Test& test, const Operand& operand);
  std::optional<Expression> in_descriptors(const Test& test, const Operand& operand);
  std::optional<Range> range_of(const Test& test, const Member& member, const Operand& operand);
  bool range_makes_sense(const Test& test, const Member& member, const ValueRange& ordinals,
                         const OperandDomain& domain);

  std::optional<int> argument_of(const Test& test);
  std::optional<Operand> operand_of(const Test& test, int argument);
  std::optional<Operand> field_operand(const Test& test, Operand whole);
  std::optional<uint64_t> mask_of(const Test& test, int argument);
  bool mask_suits_enumeration(const Test& test, const SyscallArgument& argument, uint64_t mask);

  // The ordinal of a written value; `is_quantity`: it is compared by size.
  std::optional<uint64_t> ordinal_of(const Test& test, const ValueTree& value,
                                     const Operand& operand, bool is_quantity,
                                     std::string_view* missing);
  std::optional<Number> placed_in_field(const Test& test, const ValueTree& value, Number number);
  bool can_go_both_ways(const Test& test, Outcome outcome, const Operand& operand);
  void report_misfit(const ValueTree& value, const std::string& what);
  void note_missing(Position where, std::string_view constant, bool whole_rule);
  const SyscallArgument& argument(int index) const {
    return call_.arguments[static_cast<size_t>(index)];
  }

  const Syscall& call_;
  Architecture architecture_;
  Reporter& reporter_;
};

}  // namespace qsbx

#endif
