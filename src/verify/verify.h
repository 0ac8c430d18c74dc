// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Proves that a program does with every call there is what the policy says: for all architecture
// words, all 2^32 numbers and all argument values, not for a sample.
#ifndef QSBX_VERIFY_VERIFY_H_
#define QSBX_VERIFY_VERIFY_H_

#include <linux/seccomp.h>

#include <optional>

#include "src/bpf/program.h"
#include "src/errors/result.h"
#include "src/policy/actions.h"
#include "src/policy/policy.h"

namespace qsbx {

// The only type that kernel/ installs, and verify() the only way to get one.
class VerifiedProgram {
 public:
  const Program& program() const { return program_; }
  const Actions& actions() const { return actions_; }

 private:
  friend Result<VerifiedProgram> verify(Program program, const Policy& policy,
                                        const Actions& actions);
  VerifiedProgram(Program program, Actions actions)
      : program_(std::move(program)), actions_(actions) {}

  Program program_;
  Actions actions_;
};

// A call that the program does not answer as the policy does; nullopt when there is none. kProgram
// when the kernel would not take the program, kNotProven when this cannot be decided.
Result<std::optional<struct seccomp_data>> find_difference(const Program& program,
                                                           const Policy& policy,
                                                           const Actions& actions);

// ErrorCode::kNotProven, with a call on which they differ and both answers, when program and policy
// are not equal; kProgram when the kernel would not take the program.
Result<VerifiedProgram> verify(Program program, const Policy& policy, const Actions& actions);

}  // namespace qsbx

#endif
