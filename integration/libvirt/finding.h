// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What undermines the lockdown of libvirt's guests, and what to do about it.
#ifndef QSBX_INTEGRATION_LIBVIRT_FINDING_H_
#define QSBX_INTEGRATION_LIBVIRT_FINDING_H_

#include <string>
#include <vector>

#include "integration/libvirt/libvirt_daemon.h"
#include "src/errors/result.h"

namespace qsbx {

struct Finding {
  std::string id;     // for scripts: "sandbox-off"
  std::string where;  // the guest, or the file
  std::string what;
  std::string remedy;
};

using Findings = std::vector<Finding>;

// Of what holds for all guests of a daemon.
Findings findings_on_host(const LibvirtDaemon& daemon);

// Of a guest by its description; kUsage when that is no description of a guest. `user` runs it.
Result<Findings> findings_on_guest(const std::string& xml, const std::string& where, uid_t user);

}  // namespace qsbx

#endif
