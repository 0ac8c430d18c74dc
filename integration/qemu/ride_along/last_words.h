// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_RIDE_ALONG_LAST_WORDS_H_
#define QSBX_RIDE_ALONG_LAST_WORDS_H_

#include <string>
#include <vector>

namespace qsbx {

// For a process that ends before it is a QEMU, and has said why on standard error. libvirt reads
// that only once it has been connected to the monitor, whose listening socket it hands over
// (-chardev socket,id=charmonitor,fd=N), and from the log that virtlogd writes, if that is what
// reads standard error: so whoever reads and connects is waited for, a moment, and let go.
// `arguments` are QEMU's.
void let_libvirt_hear(const std::vector<std::string>& arguments);

}  // namespace qsbx

#endif
