// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Events that a QEMU sends by its monitor, as libvirt passes them on: what a guest, its disks or
// its manager did about the time of a violation.
#ifndef QSBX_INTEGRATION_LIBVIRT_QMP_EVENT_H_
#define QSBX_INTEGRATION_LIBVIRT_QMP_EVENT_H_

#include <string>

namespace qsbx {

// A regular expression of GLib's, for the names of all that are told. What comes all the time, as
// the clock or the balloon changes, is not among them.
std::string qmp_event_pattern();

// Whether it tells of something wrong with the guest, its disks or its host.
bool is_bad_qmp_event(const std::string& name);

}  // namespace qsbx

#endif
