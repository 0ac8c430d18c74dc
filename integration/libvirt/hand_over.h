// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A guest's declaration on its way from the hook, which libvirt gives the guest's description, to
// the launcher, which knows the guest by its UUID only: a file for each guest that is running or
// about to.
#ifndef QSBX_INTEGRATION_LIBVIRT_HAND_OVER_H_
#define QSBX_INTEGRATION_LIBVIRT_HAND_OVER_H_

#include <sys/types.h>

#include <optional>
#include <string>

#include "integration/libvirt/protection.h"
#include "src/errors/result.h"

namespace qsbx {

// Of libvirt's system daemon.
inline constexpr char kHandOverFolder[] = "/run/qsbx/libvirt";

// Where hooks of a libvirt that `user` runs put it: kHandOverFolder for root. Empty for a user who
// has neither a folder in /run/user nor a home.
std::string hand_over_folder(uid_t user);

// Lower case; kUsage when it is no UUID, so that it can be part of a file's name.
Result<std::string> uuid_from_string(const std::string& text);

// The file appears whole, in place of one of before.
Status hand_over(const std::string& folder, const std::string& uuid, const Declaration& declared);
Status take_back(const std::string& folder, const std::string& uuid);  // it need not be there

// What was handed over for the guest by root or, where root has not, by the calling user. Nothing
// where there is no file; an error where there is one that anybody else could have written.
Result<std::optional<Declaration>> handed_over(const std::string& uuid);

}  // namespace qsbx

#endif
