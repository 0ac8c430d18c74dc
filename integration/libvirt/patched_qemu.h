// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_INTEGRATION_LIBVIRT_PATCHED_QEMU_H_
#define QSBX_INTEGRATION_LIBVIRT_PATCHED_QEMU_H_

#include <optional>
#include <string>
#include <vector>

#include "integration/libvirt/protection.h"
#include "src/errors/result.h"

namespace qsbx {

// What QEMU's own option says, in a QEMU with the lockdown built in:
//
//   <qemu:arg value="-sandbox"/><qemu:arg value="on,lockdown=enforce,lockdown-allow=migration"/>
//
// Nothing where `arguments` have no lockdown= but off. kUsage when there are two, or profiles that
// the host's administrator has not chosen.
Result<std::optional<Protection>> lockdown_in(const std::vector<std::string>& arguments);

}  // namespace qsbx

#endif
