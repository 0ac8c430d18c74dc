// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What `compile` answers for the formats of other tools.
#ifndef QSBX_CLI_RENDERING_H_
#define QSBX_CLI_RENDERING_H_

#include <string>

#include "src/errors/result.h"
#include "src/render/render.h"

namespace qsbx {

// With what the profile of a container runtime in this file grants. kUsage when it is none.
Result<Policy> united_with_file(const Policy& policy, const std::string& file);

// The text, once standard error has the remarks. Fails as render() does.
Result<std::string> rendered(const Policy& policy, const RenderRequest& request);

}  // namespace qsbx

#endif
