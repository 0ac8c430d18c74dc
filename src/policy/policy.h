// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a process may call: for each system call the conditions under which it is granted, and where
// each grant was written. A call that no grant covers is denied; an empty policy denies everything.
#ifndef QSBX_POLICY_POLICY_H_
#define QSBX_POLICY_POLICY_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "src/errors/result.h"
#include "src/policy/expression.h"
#include "src/syscalls/architecture.h"

namespace qsbx {

// The rule that a grant came from.
struct Origin {
  std::string profile;  // "virtio-net"
  std::string file;
  int line = 0;  // 0: it is in no line; `file` says where it is as well as can be said

  std::string to_string() const;  // "file:line"
  auto operator<=>(const Origin&) const = default;
};

struct Grant {
  Expression condition;
  Origin origin;
  std::vector<Origin> also = {};  // of an intersection: the other rules that grant this, too
};

struct Refusal {
  int error;  // what the call fails with where no grant covers it, in every enforcing mode
  Origin origin;
  bool reported = false;  // as a violation; from `else report NAME`
};

struct CallPolicy {
  std::vector<Grant> grants;       // sorted by origin, then text; no two alike
  std::optional<Refusal> refusal;  // from `else NAME`

  // Any grant suffices.
  Expression condition() const;
  bool is_unconditional() const;
};

struct Call {
  uint32_t audit_arch;
  int number;
  Arguments arguments = {};
};

enum class Verdict { kAllow, kDeny, kErrno };

struct Decision {
  Verdict verdict;
  int error = 0;                   // kErrno
  const Origin* origin = nullptr;  // the grant or refusal that decided; nullptr for a plain denial
  bool reported = false;           // kErrno: Refusal::reported
};

class Policy {
 public:
  explicit Policy(Architecture architecture) : architecture_(architecture) {}

  Architecture architecture() const { return architecture_; }
  const std::map<int, CallPolicy>& calls() const { return calls_; }
  bool empty() const;  // grants nothing

  void grant(int number, Grant grant);
  // Fails when the call already has another errno, naming both rules.
  Status refuse(int number, Refusal refusal);

 private:
  Architecture architecture_;
  std::map<int, CallPolicy> calls_;
};

// Another architecture, or a number from the x32 bit upwards (negative ones included).
bool is_foreign(Architecture architecture, const Call& call);

// The specification: what a policy says of one call. Calls of another architecture or ABI are
// denied.
Decision evaluate(const Policy& policy, const Call& call);

// Grants what any of the two grants. Associative, commutative, idempotent.
Result<Policy> join(const Policy& a, const Policy& b);

}  // namespace qsbx

#endif
