// SPDX-License-Identifier: LGPL-2.1-or-later
//
// --xml FILE and --domain NAME: libvirt's guests as selections.
#ifndef QSBX_CLI_GUEST_SELECTION_H_
#define QSBX_CLI_GUEST_SELECTION_H_

#include <string>
#include <vector>

#include "src/errors/result.h"

namespace qsbx {

// A selection, with the guest in it replaced by what stands for it: its mode and features where it
// declares them, and at the end --argv with its QEMU. What follows --argv is left alone. kUsage
// where there are two machines; an error without a message is one that qsbx-virt, which knows about
// libvirt, has told of.
Result<std::vector<std::string>> with_guest_replaced(const std::vector<std::string>& words);
// The same for several, with "--" between two.
Result<std::vector<std::string>> with_guests_replaced(const std::vector<std::string>& words);

}  // namespace qsbx

#endif
