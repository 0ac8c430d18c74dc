// SPDX-License-Identifier: LGPL-2.1-or-later
//
// libvirt's own configuration files, such as qemu.conf:
//
//   seccomp_sandbox = 1
//   capability_filters = [ "one", "two" ]
#ifndef QSBX_INTEGRATION_LIBVIRT_LIBVIRT_CONFIGURATION_H_
#define QSBX_INTEGRATION_LIBVIRT_LIBVIRT_CONFIGURATION_H_

#include <map>
#include <string>
#include <vector>

namespace qsbx {

// Values without their quotes; the last of a key counts. What is none is left out: libvirt does
// not start with it.
using LibvirtConfiguration = std::map<std::string, std::vector<std::string>>;

LibvirtConfiguration libvirt_configuration_from(const std::string& text);

}  // namespace qsbx

#endif
