// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_INTEGRATION_LIBVIRT_PATCHED_GUEST_H_
#define QSBX_INTEGRATION_LIBVIRT_PATCHED_GUEST_H_

#include "integration/libvirt/domain.h"
#include "integration/libvirt/host_configuration.h"

namespace qsbx {

// A guest whose QEMU has the lockdown built in is told by QEMU's own options, which may differ from
// what its host demands, and from what it declares. kUsage, with what has to be changed.
Status check_configured(const HostConfiguration& host, const Domain& domain,
                        const Protection& configured);

}  // namespace qsbx

#endif
