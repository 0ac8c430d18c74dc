// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Conditions that hold for the calls that were seen, and for no others:
//
//   cmd=KVM_RUN, cmd=KVM_NMI                       cmd in { KVM_RUN, KVM_NMI }
//   flags=O_RDONLY, flags=O_RDONLY|O_CLOEXEC       (flags & ~O_CLOEXEC) == O_RDONLY
//   family=AF_UNIX type=SOCK_STREAM,
//   family=AF_INET type=SOCK_DGRAM                 two conditions
//   nothing tells                                  1
//
// A flag is left out of the comparison when everything was seen with it and without it. What was
// not seen is for a reviewer to add, who knows what the call is for.
#ifndef QSBX_LEARN_CONDITIONS_H_
#define QSBX_LEARN_CONDITIONS_H_

#include <set>
#include <string>
#include <vector>

#include "src/learn/telling_arguments.h"

namespace qsbx {

// In the language of profiles; each is for a rule of its own.
std::vector<std::string> conditions_of(const Syscall& call, Architecture architecture,
                                       const std::set<TellingArguments>& seen);

}  // namespace qsbx

#endif
