// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lockdown/binding.h"

#include <unistd.h>

#include "kernel/descriptor_state.h"
#include "src/lockdown/in_force.h"

namespace qsbx {
namespace {

Result<Descriptors> own_descriptors() {
  if (may_read_proc()) return descriptors_of(getpid());
  return Error{ErrorCode::kState, "the boot policy does not let this process read /proc"};
}

std::string fds(DescriptorKind kind) {
  return "fds(" + std::string(descriptor_kind_name(kind)) + ")";
}

// Few machines have devices of KVM's; where the machine itself is found, so would they be.
bool may_be_empty(DescriptorKind kind, const Descriptors& found) {
  return kind == DescriptorKind::kKvmDevice && !found.at(DescriptorKind::kKvmVm).empty();
}

}  // namespace

Binding find_binding(const std::set<DescriptorKind>& wanted) {
  Binding binding = {wanted, {}, {}};
  if (wanted.empty()) return binding;
  const auto found = own_descriptors();
  for (const DescriptorKind kind : wanted) {
    if (!found) {
      binding.warnings.push_back(fds(kind) + " stays unbound: " + found.error().message);
    } else if (found->at(kind).empty() && !may_be_empty(kind, *found)) {
      binding.warnings.push_back(fds(kind) + " stays unbound: this process has no such descriptor");
    } else {
      binding.bound[kind] = found->at(kind);
    }
  }
  return binding;
}

}  // namespace qsbx
