// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Reads a folder of profiles as it was at one moment, or not at all: a set of which one half is
// older than the other may grant what neither version grants.
#ifndef QSBX_PROFILE_FOLDER_READER_H_
#define QSBX_PROFILE_FOLDER_READER_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "src/errors/result.h"
#include "src/profile/profile.h"

namespace qsbx {

// Path below the folder -> text, of every file whose name ends with `suffix`. Names that begin with
// a dot are left out, and links to folders are not followed. A file that is larger than the limit
// comes cut, one byte longer than the limit. `before_check` is called when all has been read and
// nothing has been compared.
Result<std::map<std::string, std::string>> read_folder(const std::string& directory,
                                                       std::string_view suffix,
                                                       const ParseLimits& limits,
                                                       const std::function<void()>& before_check);

}  // namespace qsbx

#endif
