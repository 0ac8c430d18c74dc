// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What is wrong with a profile, where, and the way out.
#ifndef QSBX_ERRORS_DIAGNOSTIC_H_
#define QSBX_ERRORS_DIAGNOSTIC_H_

#include <string>
#include <vector>

namespace qsbx {

struct SourceLocation {
  std::string file;
  int line = 0;    // from 1; 0 when the whole file is meant
  int column = 0;  // from 1, in bytes; 0 when the whole line is meant
};

// `id` is permanent ("QSBX-104"): scripts and search engines find it; docs/diagnostics.md explains
// each.
struct Diagnostic {
  std::string id;
  SourceLocation where;
  std::string message;
  std::string hint;  // the way out; may be empty
};

// "file:line:column: error QSBX-104: message (hint)"
std::string to_string(const Diagnostic& diagnostic);
std::string to_string(const std::vector<Diagnostic>& diagnostics);

}  // namespace qsbx

#endif
