// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the listener of a filter can do on this kernel. Only one that exists can be asked.
#ifndef QSBX_KERNEL_NOTIFICATION_PROBE_H_
#define QSBX_KERNEL_NOTIFICATION_PROBE_H_

#include "kernel/kernel.h"

namespace qsbx {

struct NotificationAbilities {
  bool known = false;  // else no listener could be had, and the rest is false
  bool add_descriptor = false;
  bool add_and_answer = false;
  bool wake_in_turns = false;
};

// Asks in a child process, which ends before this returns.
NotificationAbilities find_notification_abilities(Kernel& kernel);

}  // namespace qsbx

#endif
