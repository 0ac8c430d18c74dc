// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which descriptors of this process the rules of a policy are bound to:
// src/policy/bound_descriptors.h.
#ifndef QSBX_LOCKDOWN_BINDING_H_
#define QSBX_LOCKDOWN_BINDING_H_

#include <set>
#include <string>
#include <vector>

#include "src/policy/descriptor_kind.h"

namespace qsbx {

struct Binding {
  std::set<DescriptorKind> wanted;
  Descriptors bound;
  // A kind that is left unbound, so that its rules let any descriptor through, and why. To take a
  // kind for empty that is only not found would end the guest.
  std::vector<std::string> warnings;

  bool operator==(const Binding&) const = default;
};

// As the process is now.
Binding find_binding(const std::set<DescriptorKind>& wanted);

}  // namespace qsbx

#endif
