// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_MACHINE_PROCESS_COMMAND_H_
#define QSBX_MACHINE_PROCESS_COMMAND_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "src/errors/result.h"

namespace qsbx {

// The program and its arguments that a process was started with, by /proc; empty for one that has
// ended and is not waited for yet. kUsage, with the errno, where it cannot be read.
Result<std::vector<std::string>> command_of_process(pid_t process);

// The file that a process runs; empty where it is gone, or is somebody else's.
std::string program_of(pid_t process);

// Where the file is that this process runs; empty where nobody knows.
std::string own_folder();

}  // namespace qsbx

#endif
