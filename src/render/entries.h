// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The entries that the OCI runtime specification has for system calls (linux.seccomp.syscalls), and
// the operator's custom resource after it.
#ifndef QSBX_RENDER_ENTRIES_H_
#define QSBX_RENDER_ENTRIES_H_

#include <optional>
#include <string>
#include <vector>

#include "src/policy/actions.h"
#include "src/render/clauses.h"

namespace qsbx {

// SCMP_CMP_MASKED_EQ: `value` is the mask, and `value_two` what is left of the argument.
struct ArgumentCheck {
  int index;
  std::string op;
  uint64_t value;
  uint64_t value_two = 0;

  auto operator<=>(const ArgumentCheck&) const = default;
};

struct Entry {
  std::vector<std::string> names;
  std::string action;            // SCMP_ACT_*
  std::optional<int> errno_ret;  // of SCMP_ACT_ERRNO
  std::vector<ArgumentCheck> args;
};

// The greatest number that the format can write.
enum class NumberRange { kUnsigned64, kSigned64 };

// Equality or masked equality, which libseccomp does surely; comparisons by size are left alone, on
// purpose. nullopt when the format has no such number.
std::optional<ArgumentCheck> check_for(const MaskedTest& test, NumberRange numbers);

// Which arguments the call is granted for.
bool can_express(const CallPolicy& call, Mode mode, NumberRange numbers);

// The errno that others fail with, where that is not what becomes of them anyway: it takes entries
// for all of these, which can be far more than the granted ones. Without them such a call gets the
// default action.
bool keeps_errno(const CallPolicy& call, Mode mode, NumberRange numbers);

// SCMP_ACT_*: what becomes of a call that no entry names.
std::string default_action(Mode mode);

// "SCMP_ARCH_X86_64"
std::string architecture_token(Architecture architecture);

// Calls with the same action and the same checks share an entry. All calls of the policy are such
// that can_express() says yes, or unconditional.
std::vector<Entry> entries_of(const Policy& policy, Mode mode, NumberRange numbers);

}  // namespace qsbx

#endif
