// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/support/source_tree.h"

namespace qsbx {

std::string in_source_tree(const std::string& path) { return QSBX_SOURCE_DIR "/" + path; }

}  // namespace qsbx
