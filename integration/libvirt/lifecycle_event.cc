// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/lifecycle_event.h"

#include <libvirt/libvirt.h>

namespace qsbx {

std::string name_of_event(int event, int detail) {
  switch (event) {
    case VIR_DOMAIN_EVENT_STARTED:
      return detail == VIR_DOMAIN_EVENT_STARTED_WAKEUP ? "awake" : "started";
    case VIR_DOMAIN_EVENT_SUSPENDED:
      return "suspended";
    case VIR_DOMAIN_EVENT_RESUMED:
      return "resumed";
    case VIR_DOMAIN_EVENT_CRASHED:
      return "panicked";
    case VIR_DOMAIN_EVENT_SHUTDOWN:
      return "shutting-down";
    case VIR_DOMAIN_EVENT_PMSUSPENDED:
      return "asleep";
    default:  // defined, undefined, and what later versions of libvirt have
      return "";
  }
}

std::string reason_of_stop(int detail) {
  switch (static_cast<virDomainEventStoppedDetailType>(detail)) {
    case VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN:
      return "shutdown";
    case VIR_DOMAIN_EVENT_STOPPED_DESTROYED:
      return "destroyed";
    case VIR_DOMAIN_EVENT_STOPPED_CRASHED:
    case VIR_DOMAIN_EVENT_STOPPED_FAILED:
      return "crashed";
    case VIR_DOMAIN_EVENT_STOPPED_MIGRATED:
      return "migrated";
    case VIR_DOMAIN_EVENT_STOPPED_SAVED:
      return "saved";
    case VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT:
      return "snapshot";
  }
  return "unknown";
}

}  // namespace qsbx
