// SPDX-License-Identifier: LGPL-2.1-or-later
#ifndef QSBX_TESTS_MACHINE_COMMAND_WORDS_H_
#define QSBX_TESTS_MACHINE_COMMAND_WORDS_H_

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "src/machine/command_line.h"

namespace qsbx::testing {

// A command line as people write it, without quotes.
inline std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> result;
  for (std::string word; stream >> word;) result.push_back(word);
  return result;
}

inline CommandLine read(const std::string& text) {
  Result<CommandLine> line = read_command_line(words(text));
  EXPECT_TRUE(line.ok()) << text;
  return line.ok() ? *line : CommandLine{};
}

}  // namespace qsbx::testing

#endif
