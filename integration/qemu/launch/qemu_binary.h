// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Whether a library can ride along with a program.
#ifndef QSBX_INTEGRATION_QEMU_LAUNCH_QEMU_BINARY_H_
#define QSBX_INTEGRATION_QEMU_LAUNCH_QEMU_BINARY_H_

#include <string>

#include "src/errors/result.h"

namespace qsbx {

// The file that a shell would start for `name`; kUsage when there is none.
Result<std::string> find_program(const std::string& name);

// The dynamic linker ignores LD_PRELOAD, or is not even there, for scripts, static programs,
// programs of another architecture, and programs that gain privileges as they start. kUsage, with
// the way out.
Status check_loads_libraries(const std::string& path);

// The program's interpreter, such as /lib64/ld-linux-x86-64.so.2; empty when it has none.
std::string dynamic_linker_of(const std::string& path);

}  // namespace qsbx

#endif
