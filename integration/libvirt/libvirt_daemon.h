// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Where a libvirt daemon keeps what it knows, so that it can be read while no daemon runs.
#ifndef QSBX_INTEGRATION_LIBVIRT_LIBVIRT_DAEMON_H_
#define QSBX_INTEGRATION_LIBVIRT_LIBVIRT_DAEMON_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace qsbx {

struct LibvirtDaemon {
  uid_t user = 0;  // that it runs as
  std::string uri;
  std::string states;         // of guests that run: NAME.xml
  std::string definitions;    // of guests that are defined: NAME.xml
  std::string logs;           // NAME.log
  std::string configuration;  // qemu.conf
};

// The system's for root, and else the user's own.
LibvirtDaemon daemon_of(uid_t user);

// Root sees those of all users who have one; any other user sees his own.
std::vector<LibvirtDaemon> daemons_seen_by(uid_t user);

}  // namespace qsbx

#endif
