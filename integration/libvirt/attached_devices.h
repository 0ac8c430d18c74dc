// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Devices that a guest got after its QEMU was started. While it was paused, and had not run yet,
// they came into its policy as those of its command line did.
#ifndef QSBX_INTEGRATION_LIBVIRT_ATTACHED_DEVICES_H_
#define QSBX_INTEGRATION_LIBVIRT_ATTACHED_DEVICES_H_

#include <set>
#include <string>
#include <vector>

#include "src/machine/machine.h"

namespace qsbx {

// What the guest is made of by its description, as libvirt has it now; nothing where each of its
// devices and media stands in the command line, or where the description is not understood.
std::set<Part> parts_with_attached(const std::string& xml, const std::vector<std::string>& command);

}  // namespace qsbx

#endif
