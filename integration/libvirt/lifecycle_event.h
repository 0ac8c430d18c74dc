// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What libvirt tells of guests that start, pause and end, in words.
#ifndef QSBX_INTEGRATION_LIBVIRT_LIFECYCLE_EVENT_H_
#define QSBX_INTEGRATION_LIBVIRT_LIFECYCLE_EVENT_H_

#include <string>

namespace qsbx {

// "started", "resumed", ...; empty for what is not told: an end, which has a reason, and
// definitions. `detail` as libvirt has it for the event.
std::string name_of_event(int event, int detail);

// Of an end: "shutdown", "destroyed", ...
std::string reason_of_stop(int detail);

}  // namespace qsbx

#endif
