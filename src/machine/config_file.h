// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A file for QEMU's -readconfig, whose sections are options in other words:
//
//   [drive "d0"]
//     file = "a.img"
//
// is -drive id=d0,file=a.img.
#ifndef QSBX_MACHINE_CONFIG_FILE_H_
#define QSBX_MACHINE_CONFIG_FILE_H_

#include <string>
#include <vector>

#include "src/errors/result.h"

namespace qsbx {

struct ConfigSection {
  std::string option;  // without dashes
  std::string value;   // as OptionValues::parse() takes it

  bool operator==(const ConfigSection&) const = default;
};

// kUsage where QEMU could not read it either, and for what only QEMU can read: a pipe.
Result<std::vector<ConfigSection>> read_config_file(const std::string& path);
Result<std::vector<ConfigSection>> read_config_text(const std::string& text);

// A value in a list of keys and values: QEMU has a comma written twice.
std::string with_double_commas(const std::string& value);

}  // namespace qsbx

#endif
