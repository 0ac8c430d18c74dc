// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_TESTS_LOCKDOWN_TEST_PROFILES_H_
#define QSBX_TESTS_LOCKDOWN_TEST_PROFILES_H_

#include <map>
#include <string>

#include "src/lockdown/sandbox.h"

namespace qsbx {

// Small enough to read: what a threaded program needs to live, and a device with a feature.
std::map<std::string, std::string> test_profiles();

// A sandbox with these profiles, by file, and nothing else. Ends the program when they are wrong.
Sandbox sandbox_of(const std::map<std::string, std::string>& profiles, Mode mode,
                   Kernel& kernel = running_kernel());

// A sandbox for a machine of one device "disk", with test_profiles(). Ends the program when the
// profiles are wrong.
Sandbox test_sandbox(Mode mode, Kernel& kernel = running_kernel());

}  // namespace qsbx

#endif
