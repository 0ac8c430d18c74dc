// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/declared_options.h"

#include <algorithm>

namespace qsbx {
namespace {

using Words = std::vector<std::string>;

bool names_option(const Words& words, const std::string& option) {
  return std::ranges::any_of(words, [&](const std::string& word) {
    return word == option || word.starts_with(option + "=");
  });
}

}  // namespace

Words without_overridden(Words declared, const Words& said) {
  for (const char* option : {"--mode", "--profiles"}) {
    const auto found = std::ranges::find(declared, option);
    if (found != declared.end() && names_option(said, option)) {
      declared.erase(found, std::next(found, 2));
    }
  }
  return declared;
}

}  // namespace qsbx
