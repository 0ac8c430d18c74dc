// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_RIDE_ALONG_THREAD_NAMES_H_
#define QSBX_RIDE_ALONG_THREAD_NAMES_H_

#include <atomic>

namespace qsbx {

// Whether the names that threads give themselves tell their roles. Not where calls are only
// observed: what the library does by the names would be recorded as QEMU's.
inline std::atomic<bool> names_tell_roles = false;

}  // namespace qsbx

#endif
