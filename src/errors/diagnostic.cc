// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/errors/diagnostic.h"

namespace qsbx {

std::string to_string(const Diagnostic& diagnostic) {
  std::string text = diagnostic.where.file;
  if (diagnostic.where.line > 0) text += ":" + std::to_string(diagnostic.where.line);
  if (diagnostic.where.column > 0) text += ":" + std::to_string(diagnostic.where.column);
  text += ": error " + diagnostic.id + ": " + diagnostic.message;
  if (!diagnostic.hint.empty()) text += " (" + diagnostic.hint + ")";
  return text;
}

std::string to_string(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (!text.empty()) text += "\n";
    text += to_string(diagnostic);
  }
  return text;
}

}  // namespace qsbx
