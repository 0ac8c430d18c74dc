// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the host's administrator says of guests, in /etc/qsbx/libvirt.conf:
//
//   [host]
//   # for guests that declare nothing
//   mode=enforce
//   allow=migration
//   roles=on
//   # no guest goes below or beyond, whatever it declares
//   least-mode=errno
//   least-roles=on
//   allow-at-most=migration;hotplug-disk
//   # guests that are not locked down do not start
//   require=yes
//   # a program, or a folder with programs called qemu-system-ARCH
//   qemu=/opt/qemu/bin
//   profiles=/opt/qsbx/profiles
//
// Whoever runs guests of his own (qemu:///session) has the same in ~/.config/qsbx/libvirt.conf,
// where nothing may be weaker than the host has it.
#ifndef QSBX_INTEGRATION_LIBVIRT_HOST_CONFIGURATION_H_
#define QSBX_INTEGRATION_LIBVIRT_HOST_CONFIGURATION_H_

#include <sys/types.h>

#include <string>

#include "integration/libvirt/protection.h"
#include "src/errors/result.h"

namespace qsbx {

inline constexpr char kHostConfigurationFile[] = "/etc/qsbx/libvirt.conf";

struct HostConfiguration {
  Protection standard;  // of guests that declare nothing
  Bounds bounds;
  std::string qemu;      // empty: next to the launcher, or in PATH
  std::string profiles;  // empty: the installed folder
  bool require = false;
};

// What holds for guests that `user` runs. What no file says is as above in HostConfiguration. A
// file that is there and cannot be read, or is wrong, is an error.
Result<HostConfiguration> configuration_for(uid_t user);

// The two steps of it. `file` need not be there.
Result<HostConfiguration> read_host_configuration(const std::string& file);
Result<HostConfiguration> tightened_by(HostConfiguration host, const std::string& file);

// From the user database, and not from the environment, which libvirt and the guest's owner set;
// empty for a user without one.
std::string home_of(uid_t user);

}  // namespace qsbx

#endif
