// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a guest is held against may be of a later day than the guest.
#ifndef QSBX_INTEGRATION_LIBVIRT_CHANGES_H_
#define QSBX_INTEGRATION_LIBVIRT_CHANGES_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace qsbx {

// The first of `paths`, files and folders with all that is in them, that changed, or came, after
// the process had begun; empty where none did, or the process is gone.
std::string changed_since_start_of(pid_t process, const std::vector<std::string>& paths);

}  // namespace qsbx

#endif
