// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Policies of other systems, read from their own files, which are not part of this project.
#ifndef QSBX_BENCH_JSON_POLICY_H_
#define QSBX_BENCH_JSON_POLICY_H_

#include <string>

#include "src/errors/result.h"
#include "src/policy/policy.h"

namespace qsbx::bench {

// One thread's ("vmm", "api", "vcpu") of Firecracker's resources/seccomp/*.json.
Result<Policy> firecracker_policy(const std::string& file, const std::string& thread,
                                  Architecture architecture);

// What moby's seccomp/default.json gives a container with the capabilities that Docker gives one
// when none are named, on a kernel of today.
Result<Policy> oci_policy(const std::string& file, Architecture architecture);

}  // namespace qsbx::bench

#endif
