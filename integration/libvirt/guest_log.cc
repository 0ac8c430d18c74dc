// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/guest_log.h"

#include <glib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <sstream>

#include "integration/libvirt/text_file.h"

namespace qsbx {
namespace {

constexpr std::string_view kViolation = "qsbx: violation (";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// "2026-11-28 23:51:54.123+0000: shutting down, reason=crashed" has what follows the time.
std::string after_time(const std::string& line) {
  const size_t end = line.find("+0000: ");
  const bool dated = end != line.npos && !line.empty() && g_ascii_isdigit(line[0]) && end < 32;
  return dated ? line.substr(end + std::strlen("+0000: ")) : "";
}

bool is_start(const std::string& line) { return after_time(line).starts_with("starting up"); }

bool is_assignment(const std::string& word) {
  const size_t equals = word.find('=');
  return equals != word.npos && equals > 0 && word.find('/') > equals;
}

// The words of a command as a shell would see them; empty when the text ends within quotes.
std::vector<std::string> shell_words(const std::string& text) {
  gchar** words = nullptr;
  if (!g_shell_parse_argv(text.c_str(), nullptr, &words, nullptr)) return {};
  std::vector<std::string> copy(words, words + g_strv_length(words));
  g_strfreev(words);
  return copy;
}

// libvirt writes a command as a shell would take it, with a backslash at the end of each line but
// the last. Quotes may hold line ends.
std::vector<std::string> command_from(const std::vector<std::string>& lines, size_t first) {
  std::string text;
  for (size_t i = first; i < lines.size(); ++i) {
    const bool more = lines[i].ends_with(" \\");
    text += more ? lines[i].substr(0, lines[i].size() - 1) : lines[i] + "\n";
    if (more) continue;
    std::vector<std::string> words = shell_words(text);
    if (words.empty()) continue;
    words.erase(words.begin(), std::ranges::find_if_not(words, is_assignment));
    return words;
  }
  return {};
}

std::string end_in(const std::string& line) {
  constexpr std::string_view kEnd = "shutting down, reason=";
  const std::string said = after_time(line);
  return said.starts_with(kEnd) ? said.substr(kEnd.size()) : "";
}

}  // namespace

std::optional<Violation> violation_in(const std::string& line) {
  if (!line.starts_with(kViolation)) return std::nullopt;
  // The thread's name is in quotes, and has none itself.
  const size_t call = line.find("\": ");
  Violation violation = {line, "", line.starts_with("qsbx: violation (enforce): ")};
  if (call != line.npos) {
    const std::string text = line.substr(call + 3);
    violation.call = text.substr(0, text.find_first_of("( "));
  }
  return violation;
}

GuestLog guest_log_from(const std::string& text) {
  const std::vector<std::string> lines = lines_of(text);
  const auto last = std::find_if(lines.rbegin(), lines.rend(), is_start);
  GuestLog log;
  size_t first = 0;
  if (last != lines.rend()) {
    first = static_cast<size_t>(last.base() - lines.begin());
    log.command = command_from(lines, first);
  }
  for (size_t i = first; i < lines.size(); ++i) {
    if (auto violation = violation_in(lines[i])) log.violations.push_back(std::move(*violation));
    if (const std::string end = end_in(lines[i]); !end.empty()) log.end = end;
  }
  return log;
}

Result<GuestLog> read_guest_log(const std::string& file) {
  const auto text = read_kept_file(file);
  if (text) return guest_log_from(*text);
  const int error = text.error().saved_errno;
  if (error == ENOENT || error == ENOTDIR) return GuestLog();
  return text.error();
}

// Where somebody else ended it, that was the reason.
const Violation* GuestLog::ended_by() const {
  if (!end.empty() && end != "crashed" && end != "failed") return nullptr;
  const auto last = std::ranges::find_if(violations, &Violation::ends);
  return last == violations.end() ? nullptr : &*last;
}

}  // namespace qsbx
