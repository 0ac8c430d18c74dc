// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_INTEGRATION_QEMU_LAUNCH_BROKER_PROCESS_H_
#define QSBX_INTEGRATION_QEMU_LAUNCH_BROKER_PROCESS_H_

#include "src/lockdown/broker_link.h"

namespace qsbx {

// Starts a process that is nobody's child, holds no descriptor of ours but those of `list`, and
// serves the link. It ends with QEMU, and by no signal that a terminal or a service manager sends
// to all.
Result<BrokerLink> start_broker(const OpenList& list);

}  // namespace qsbx

#endif
