// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Where this source tree lies. One file alone is compiled with its path, so that ccache knows all
// others in every clone.
#ifndef QSBX_TESTS_SUPPORT_SOURCE_TREE_H_
#define QSBX_TESTS_SUPPORT_SOURCE_TREE_H_

#include <string>

namespace qsbx {

// The absolute path of what is called `path` from the top of the tree.
std::string in_source_tree(const std::string& path);

}  // namespace qsbx

#endif
