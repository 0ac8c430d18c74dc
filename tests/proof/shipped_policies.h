// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The policies that people get: of each shipped profile by itself, and of each machine that the
// profiles are tested with, for each role and phase.
#ifndef QSBX_TESTS_PROOF_SHIPPED_POLICIES_H_
#define QSBX_TESTS_PROOF_SHIPPED_POLICIES_H_

#include <map>
#include <string>
#include <vector>

#include "src/policy/policy.h"
#include "src/profile/profile_set.h"

namespace qsbx {

struct NamedPolicy {
  std::string name;  // "machine demo, role vcpu, all features, x86_64"
  Policy policy;
};

struct Policies {
  std::vector<NamedPolicy> distinct;  // by what they grant, whatever the origins of their rules
  int all = 0;                        // that grant anything
};

using Machines = std::map<std::string, std::vector<std::string>>;  // name -> command line

// profiles/qemu. A failure to read it ends the program.
ProfileSet shipped_profiles(Architecture architecture);

// The command lines of tests/guest/trace_scenarios.py.
const Machines& tested_machines();

// Every profile, with what it includes and without; for all roles together and each; without
// features and with all of them.
Policies policies_of_profiles(const ProfileSet& set);

// The same for machines, and the boot policy.
Policies policies_of_machines(const ProfileSet& set);

// The policy `qsbx run` gives that machine, for all roles.
Policy run_policy(const ProfileSet& set, const std::string& machine);

// What every machine begins with.
Policy boot_policy(const ProfileSet& set);

}  // namespace qsbx

#endif
