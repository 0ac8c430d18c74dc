// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A policy by numbers: one that decides on the number of a call and looks at no argument.
//
//     ioctl: cmd == KVM_RUN        relaxed:    ioctl: 1
//     close: fd >= 0 || fd < 0     either way: close: 1, which is what it means
//     clone3: 0 else ENOSYS        either way: the same; what is refused is refused
#ifndef QSBX_POLICY_BY_NUMBER_H_
#define QSBX_POLICY_BY_NUMBER_H_

#include <optional>
#include <string>
#include <vector>

#include "src/errors/result.h"
#include "src/policy/policy.h"

namespace qsbx {

// What becomes of a call that is granted for some arguments and not for all.
enum class PartialCalls {
  kRefuse,   // an error that names all of them, with their rules
  kRelax,    // granted whatever its arguments
  kTighten,  // not granted at all
};

struct ChangedRule {
  int number;
  Grant grant;  // as it was
  bool relaxed;
  std::optional<Refusal> refusal;  // of the call; without effect where it is relaxed

  // "ioctl at kvm.profile:12 now grants every ioctl"
  std::string to_string(Architecture architecture) const;
};

// "ioctl (a.profile:3, b.profile:7), openat (a.profile:9)"
std::string rules_by_call(const std::vector<ChangedRule>& rules, Architecture architecture);

struct PolicyByNumber {
  Policy policy;
  std::vector<ChangedRule> changed;
};

// Grants more than `policy` only by kRelax, and less only by kTighten. Whether a call is granted
// for all arguments, for some or for none is decided by what its rules mean together, not by how
// they are written. Fails with kPolicy for kRefuse, and with kProgram when the conditions are too
// large to decide.
Result<PolicyByNumber> by_number(const Policy& policy, PartialCalls partial);

}  // namespace qsbx

#endif
