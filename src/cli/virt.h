// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_CLI_VIRT_H_
#define QSBX_CLI_VIRT_H_

#include <string>
#include <vector>

namespace qsbx {

// Becomes qsbx-virt, which has `qsbx virt` and what follows it. Comes back only when it cannot,
// with the exit status.
int become_virt(const std::vector<std::string>& words);

}  // namespace qsbx

#endif
