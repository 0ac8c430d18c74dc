// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/machine.h"

#include <fnmatch.h>

#include <algorithm>

namespace qsbx {

const std::vector<std::string>& part_kinds() {
  static const std::vector<std::string> kinds = {
      "accelerator", "machine", "device",  "object", "netdev", "chardev", "block",   "aio",
      "display",     "audio",   "monitor", "tpm",    "fsdev",  "option",  "program", "export"};
  return kinds;
}

bool is_part_kind(std::string_view kind) {
  return std::find(part_kinds().begin(), part_kinds().end(), kind) != part_kinds().end();
}

void Machine::add(std::string_view kind, std::string_view name) {
  parts.insert(Part{std::string(kind), std::string(name)});
}

bool has_screen(const Machine& machine) {
  constexpr const char* kScreens[] = {"*VGA*", "*vga*",   "*gpu*", "*qxl*",
                                      "ramfb", "cirrus*", "ati-*", "bochs-display"};
  return std::ranges::any_of(machine.parts, [&](const Part& part) {
    if (part.kind == "display") return part.name != "none";
    return part.kind == "device" && std::ranges::any_of(kScreens, [&](const char* pattern) {
             return fnmatch(pattern, part.name.c_str(), 0) == 0;
           });
  });
}

// Since 9.2 the pixels of a screen are in memory that can be shared (ui/qemu-pixman.c).
void add_parts_of_version(Machine& machine, std::pair<int, int> version) {
  if (version >= std::pair(9, 2) && has_screen(machine)) machine.add("option", "shared-surfaces");
}

}  // namespace qsbx
