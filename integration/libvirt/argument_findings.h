// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_INTEGRATION_LIBVIRT_ARGUMENT_FINDINGS_H_
#define QSBX_INTEGRATION_LIBVIRT_ARGUMENT_FINDINGS_H_

#include <string>
#include <vector>

#include "integration/libvirt/finding.h"

namespace qsbx {

// Of what the guest's owner has added to QEMU's command line (<qemu:commandline>).
Findings findings_in_arguments(const std::vector<std::string>& arguments, const std::string& where);

}  // namespace qsbx

#endif
