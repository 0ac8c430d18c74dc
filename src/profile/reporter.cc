// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/profile/reporter.h"

#include <algorithm>
#include <cstdio>

#include "src/profile/diagnostic_ids.h"

namespace qsbx {
namespace {

bool is_about(const Diagnostic& diagnostic, const char* id, Position where) {
  return diagnostic.id == id && diagnostic.where.line == where.line &&
         diagnostic.where.column == where.column;
}

}  // namespace

void Reporter::error(const char* id, Position where, std::string message, std::string hint) {
  if (full_) return;
  const bool known = std::any_of(errors_.begin(), errors_.end(), [&](const Diagnostic& diagnostic) {
    return is_about(diagnostic, id, where);
  });
  if (known) return;
  if (errors_.size() >= static_cast<size_t>(std::max(limit_, 1))) {
    full_ = true;
    id = diagnostic::kTooManyDiagnostics;
    message = "more than " + std::to_string(limit_) + " errors; the rest of the file was not read";
    hint = "correct these first";
  }
  errors_.push_back({id, location(where), std::move(message), std::move(hint)});
}

void Reporter::note(const char* id, Position where, std::string message) {
  for (auto known = notes_.rbegin(); known != notes_.rend(); ++known) {
    if (known->where.line != where.line) break;
    if (is_about(*known, id, where)) return;
  }
  notes_.push_back({id, location(where), std::move(message), ""});
}

std::string quoted(std::string_view text) {
  constexpr size_t kLongest = 60;
  std::string result = "'";
  for (const char character : text.substr(0, kLongest)) {
    if (character >= ' ' && character <= '~') {
      result += character;
      continue;
    }
    char escaped[8];
    snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned char>(character));
    result += escaped;
  }
  if (text.size() > kLongest) result += "...";
  return result + "'";
}

std::string did_you_mean(const std::string& name) {
  return name.empty() ? "" : "did you mean " + name + "?";
}

}  // namespace qsbx
