// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What documentation says of identifiers, "QSBX-101", with examples of what they are about.
#ifndef QSBX_TESTS_SUPPORT_DOCUMENTATION_H_
#define QSBX_TESTS_SUPPORT_DOCUMENTATION_H_

#include <set>
#include <string>
#include <vector>

namespace qsbx::testing {

// Of a file, named from the top of the source tree; "" where there is none.
std::string contents(const std::string& file);

// Of all files right below a folder.
std::string contents_of_folder(const std::string& folder);

// The identifiers that stand right behind `before`.
std::set<std::string> identifiers_in(const std::string& text, const std::string& before);

struct Example {
  std::string id;  // how the heading above it begins
  std::string text;
};

// The blocks of a document that are marked as profiles.
std::vector<Example> documented_examples(const std::string& file);

}  // namespace qsbx::testing

#endif
