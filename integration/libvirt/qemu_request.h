// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What libvirt, or a person, asks of an emulator by its command line: of the launcher, before QEMU
// has said what it makes of it. So everything here reads words strictly: what is not certainly
// harmless is a guest.
#ifndef QSBX_INTEGRATION_LIBVIRT_QEMU_REQUEST_H_
#define QSBX_INTEGRATION_LIBVIRT_QEMU_REQUEST_H_

#include <string>
#include <vector>

#include "src/errors/result.h"

namespace qsbx {

// `words` are those after QEMU's name in all of these.

// A question that no guest comes of, such as "-version", "-device help" and libvirt's probes of
// what a QEMU can do: "-S -no-user-config -nodefaults -nographic -machine none,accel=kvm:tcg
// -qmp unix:... -pidfile ... -daemonize".
bool only_asks(const std::vector<std::string>& words);

// The value of -uuid; empty when there is none. kUsage when there are two, one of which the guest's
// owner has added to be taken for another guest, or it is no UUID.
Result<std::string> uuid_in(const std::vector<std::string>& words);

// QEMU's own name: "qemu-system-x86_64" for "/usr/bin/qemu-system-x86_64-qsbx". kUsage when the
// launcher is called something else.
Result<std::string> qemu_name_of(const std::string& launcher);

inline constexpr char kLauncherEnding[] = "-qsbx";

}  // namespace qsbx

#endif
