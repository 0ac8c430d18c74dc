// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What this kernel can do.
#ifndef QSBX_KERNEL_PROBE_H_
#define QSBX_KERNEL_PROBE_H_

#include <string>
#include <vector>

#include "kernel/kernel.h"

namespace qsbx {

struct Capability {
  std::string
      name;  // "filter", "tsync", "log", "spec-allow", "new-listener", "tsync-esrch",
             // "wait-killable-recv", "action-kill-process", "action-user-notif", "action-log", ...
  bool present;
  bool required;       // lockdown cannot work without
  std::string detail;  // since which Linux, or why not
};

std::vector<Capability> probe(Kernel& kernel);

}  // namespace qsbx

#endif
