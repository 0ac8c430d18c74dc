// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the threads of a guest may be let do at most, by its command line and its protection.
//
//   const auto expected = ExpectedPolicy::read(qemu, protection, profiles);
//   const auto of_processors = expected->run("vcpu");
#ifndef QSBX_INTEGRATION_LIBVIRT_EXPECTED_POLICY_H_
#define QSBX_INTEGRATION_LIBVIRT_EXPECTED_POLICY_H_

#include <sys/types.h>

#include <string>

#include "integration/libvirt/protection.h"
#include "src/errors/result.h"
#include "src/machine/machine.h"
#include "src/policy/policy.h"
#include "src/profile/profile_set.h"

namespace qsbx {

class ExpectedPolicy {
 public:
  // `profiles`: their folder; empty: that of the library. `xml`: the guest's description, for what
  // was attached to it; empty where it has only just started.
  static Result<ExpectedPolicy> read(pid_t qemu, const Protection& protection,
                                     const std::string& profiles, const std::string& xml);

  // With what the library itself needs.
  Result<Policy> boot() const;
  // Of the whole process, or of threads of a role.
  Result<Policy> run(const std::string& role = "") const;

 private:
  ExpectedPolicy(pid_t qemu, Protection protection, std::string xml, ProfileSet set)
      : qemu_(qemu),
        protection_(std::move(protection)),
        xml_(std::move(xml)),
        set_(std::move(set)) {}

  Machine presumed_machine(Machine machine) const;
  Result<Policy> with_library_needs(Result<Policy> policy) const;

  pid_t qemu_;
  Protection protection_;
  std::string xml_;
  ProfileSet set_;
};

}  // namespace qsbx

#endif
