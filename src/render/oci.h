// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The `linux.seccomp` object of the OCI runtime specification: Docker's and Podman's
// --security-opt seccomp=FILE, a localhostProfile of Kubernetes. JSON has no comments.
#ifndef QSBX_RENDER_OCI_H_
#define QSBX_RENDER_OCI_H_

#include <string>

#include "src/policy/actions.h"

namespace qsbx {

std::string to_oci(const Policy& policy, Mode mode);

}  // namespace qsbx

#endif
