// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The custom resource SeccompProfile of Kubernetes' Security Profiles Operator, v1beta1. Numbers of
// custom resources are signed.
#ifndef QSBX_RENDER_SPO_H_
#define QSBX_RENDER_SPO_H_

#include <string>
#include <vector>

#include "src/errors/result.h"
#include "src/policy/actions.h"

namespace qsbx {

// What Kubernetes takes as the name of a custom resource: a DNS subdomain (RFC 1123), whose labels
// may be longer than DNS has them. kUsage otherwise.
Status check_object_name(const std::string& name);

std::string to_spo(const Policy& policy, Mode mode, const std::string& name,
                   const std::vector<std::string>& remarks);

}  // namespace qsbx

#endif
