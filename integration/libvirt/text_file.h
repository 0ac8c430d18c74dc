// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_INTEGRATION_LIBVIRT_TEXT_FILE_H_
#define QSBX_INTEGRATION_LIBVIRT_TEXT_FILE_H_

#include <string>

#include "src/errors/result.h"

namespace qsbx {

// The whole file. kUsage, with the errno, when it cannot be read; without one when it is longer
// than 64 MB.
Result<std::string> read_text_file(const std::string& file);

// The same of what a daemon keeps, in folders that may be another user's: waits for nobody, and
// reads nothing but a regular file.
Result<std::string> read_kept_file(const std::string& file);

}  // namespace qsbx

#endif
