// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A policy in the format of another tool.
#ifndef QSBX_RENDER_RENDER_H_
#define QSBX_RENDER_RENDER_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/policy/actions.h"
#include "src/policy/by_number.h"

namespace qsbx {

enum class Format { kOci, kSpo, kMinijail, kCrosvm, kSystemd };

// "oci", "spo", "minijail", "crosvm", "systemd"
std::optional<Format> format_by_name(std::string_view name);

struct RenderRequest {
  Format format;
  Mode mode;
  PartialCalls partial;
  std::string name;  // of the object, where the format has one
};

struct Rendering {
  std::string text;
  // What the format does not say, or says otherwise: each a line of the text as well, where the
  // format has comments.
  std::vector<std::string> remarks;
};

// Grants more than the policy only by kRelax. Fails with kPolicy when the format cannot express it,
// kUsage when it has no such mode or name, or nothing would be granted.
Result<Rendering> render(const Policy& policy, const RenderRequest& request);

}  // namespace qsbx

#endif
