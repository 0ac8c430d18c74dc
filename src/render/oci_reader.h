// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Seccomp profiles of container runtimes as policies: the OCI form, and that of Docker and Podman,
// whose entries may depend on architecture and capabilities.
//
// An entry that asks for a capability does not count: the container has none beyond what it needs.
// One that asks for a kernel version does. Names of calls that this architecture does not have are
// left out, as the runtimes do.
#ifndef QSBX_RENDER_OCI_READER_H_
#define QSBX_RENDER_OCI_READER_H_

#include <string>

#include "src/errors/result.h"
#include "src/policy/policy.h"

namespace qsbx {

// What the profile lets run is granted; SCMP_ACT_ERRNO is a refusal. `name` is for messages and
// origins. kUsage when the text is no such profile, or one that lets through what it does not name.
Result<Policy> read_oci(const std::string& text, const std::string& name,
                        Architecture architecture);

// Grants what any of the two grants. Where both refuse a call, `ours` says with which errno.
Policy united(const Policy& ours, const Policy& theirs);

}  // namespace qsbx

#endif
