// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a thread of QEMU does, by the name that QEMU gives it (-name debug-threads=on).
#ifndef QSBX_MACHINE_THREAD_ROLE_H_
#define QSBX_MACHINE_THREAD_ROLE_H_

#include <string>
#include <string_view>

namespace qsbx {

// One of roles() (src/profile/profile.h): "vcpu" for "CPU 0/KVM"; "other" for a name that tells
// nothing. The main thread, whose name anybody can choose, is not asked for here.
std::string role_of_thread(std::string_view name);

}  // namespace qsbx

#endif
