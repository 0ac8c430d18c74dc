// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What `qsbx stack` prints.
#ifndef QSBX_CLI_STACK_TEXT_H_
#define QSBX_CLI_STACK_TEXT_H_

#include <optional>
#include <string>
#include <vector>

#include "src/policy/policy.h"
#include "src/policy/program_stack.h"

namespace qsbx {

// A grant of a later program that earlier ones make useless.
struct GrantInVain {
  size_t program;
  UselessGrant grant;
};

struct StackedCall {
  int number;
  std::vector<StackAnswer> answers;
};

// All that is known of a stack. Programs are counted from 0, the oldest; people count from 1.
struct StackReport {
  Architecture architecture;
  std::vector<std::string> programs;      // what each is
  std::vector<GrantInVain> in_vain;       // none: each program only tightens
  std::vector<StackedCall> calls;         // every call there is, by number
  std::vector<StackAnswer> to_unknown;    // numbers that no call has
  std::vector<StackAnswer> to_foreign;    // other architectures and ABIs
  std::optional<Policy> granted_by_each;  // where every program was made of a policy

  size_t callable() const;  // calls that run, with some arguments at least
};

std::string stack_text(const StackReport& report);
// docs/man/qsbx-stack.1.scd describes it.
std::string stack_json(const StackReport& report);

}  // namespace qsbx

#endif
