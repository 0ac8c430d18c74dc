// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/profile/names.h"

#include <algorithm>

#include "src/profile/profile.h"
#include "src/syscalls/nearest_name.h"

namespace qsbx {

const std::vector<std::string>& roles() {
  static const std::vector<std::string> kRoles = {"main", "vcpu", "iothread",  "monitor", "worker",
                                                  "rcu",  "vnc",  "migration", "other"};
  return kRoles;
}

bool is_role(std::string_view name) {
  return std::find(roles().begin(), roles().end(), name) != roles().end();
}

const std::vector<std::string>& applicable_kinds() {
  static const std::vector<std::string> kKinds = {
      "accelerator", "machine", "device",  "object", "netdev",  "chardev",
      "block",       "aio",     "display", "audio",  "monitor", "tpm",
      "fsdev",       "option",  "program", "export", "feature"};
  return kKinds;
}

std::string nearest_of(const std::vector<std::string>& names, std::string_view name) {
  NearestName nearest(name);
  for (const std::string& known : names) nearest.consider(known);
  return nearest.name();
}

}  // namespace qsbx
