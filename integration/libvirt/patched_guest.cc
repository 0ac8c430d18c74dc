// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/patched_guest.h"

namespace qsbx {

Status check_configured(const HostConfiguration& host, const Domain& domain,
                        const Protection& configured) {
  constexpr char kOption[] = "the guest's -sandbox option";
  if (Status within = check_within(host.bounds, configured, kOption); !within) return within;
  if (!domain.declaration) return Done{};
  const auto declared = decide(host.standard, host.bounds, domain.declaration);
  if (!declared) return declared.error();
  const Bounds bounds = {declared->mode, declared->roles, declared->features,
                         "the guest's <qsbx:sandbox>"};
  return check_within(bounds, configured, kOption);
}

}  // namespace qsbx
