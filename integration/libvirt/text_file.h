// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_INTEGRATION_LIBVIRT_TEXT_FILE_H_
#define QSBX_INTEGRATION_LIBVIRT_TEXT_FILE_H_

#include <string>

#include "src/errors/result.h"

namespace qsbx {

// The whole file. kUsage, with the errno, when it cannot be read.
Result<std::string> read_text_file(const std::string& file);

}  // namespace qsbx

#endif
