// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The descriptors of a process, by what they lead to.
#ifndef QSBX_KERNEL_DESCRIPTOR_STATE_H_
#define QSBX_KERNEL_DESCRIPTOR_STATE_H_

#include <sys/types.h>

#include "src/errors/result.h"
#include "src/policy/descriptor_kind.h"

namespace qsbx {

// Every kind, with the numbers that the process has of it, perhaps none. From /proc/PID/fd, by the
// names of KVM's anonymous files and the numbers of devices: a path may read otherwise where
// another mount namespace has opened it. kKernel with the errno when something cannot be read.
Result<Descriptors> descriptors_of(pid_t pid);

}  // namespace qsbx

#endif
