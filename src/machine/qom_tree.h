// SPDX-License-Identifier: LGPL-2.1-or-later
//
// QEMU's tree of objects, as its monitor command "info qom-tree" prints it: a line for each object,
// two spaces deeper than its parent's.
//
//   / (container)
//     /machine (pc-q35-7.2-machine)
//       /peripheral (container)
//         /n0 (virtio-net-pci)
#ifndef QSBX_MACHINE_QOM_TREE_H_
#define QSBX_MACHINE_QOM_TREE_H_

#include <string>
#include <string_view>
#include <vector>

#include "src/errors/result.h"

namespace qsbx {

struct QomObject {
  std::string path;  // "/machine/peripheral/n0"
  std::string type;
};

// `text` begins at the root. Parents come before their children.
Result<std::vector<QomObject>> parse_qom_tree(std::string_view text);

// "n0"
std::string_view name_in_path(std::string_view path);

// "/machine/peripheral"; empty for what is right below the root.
std::string_view parent_path(std::string_view path);

}  // namespace qsbx

#endif
