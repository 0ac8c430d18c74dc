// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_KERNEL_FOLDER_H_
#define QSBX_KERNEL_FOLDER_H_

#include <string>
#include <vector>

#include "src/errors/result.h"

namespace qsbx {

// The entries whose names are numbers, such as those of /proc/self/fd, sorted. kKernel with the
// errno when the folder cannot be read.
Result<std::vector<int>> numbers_in_folder(const std::string& folder);

}  // namespace qsbx

#endif
