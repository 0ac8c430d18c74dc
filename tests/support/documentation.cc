// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/support/documentation.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

#include "tests/support/source_tree.h"

namespace qsbx::testing {
namespace {

constexpr size_t kLength = std::string_view("QSBX-100").size();

// Where the text of the last heading before `at` begins.
size_t heading_before(const std::string& document, size_t at) {
  const size_t line = document.rfind("\n#", at);
  return document.find_first_not_of("# ", line == std::string::npos ? 0 : line + 1);
}

}  // namespace

std::string contents(const std::string& file) {
  std::ifstream stream(in_source_tree(file));
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string contents_of_folder(const std::string& folder) {
  std::string all;
  for (const auto& entry : std::filesystem::directory_iterator(in_source_tree(folder))) {
    all += contents(folder + "/" + entry.path().filename().string());
  }
  return all;
}

std::set<std::string> identifiers_in(const std::string& text, const std::string& before) {
  const std::string start = before + "QSBX-";
  std::set<std::string> found;
  for (size_t at = text.find(start); at != std::string::npos; at = text.find(start, at + 1)) {
    found.insert(text.substr(at + before.size(), kLength));
  }
  return found;
}

std::vector<Example> documented_examples(const std::string& file) {
  const std::string document = contents(file);
  const std::string fence = "```profile\n";
  std::vector<Example> examples;
  for (size_t at = 0; (at = document.find(fence, at)) != std::string::npos;) {
    const size_t start = at + fence.size();
    const size_t end = document.find("```", start);
    examples.push_back({document.substr(heading_before(document, at), kLength),
                        document.substr(start, end - start)});
    at = end;
  }
  return examples;
}

}  // namespace qsbx::testing
