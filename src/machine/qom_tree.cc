// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/qom_tree.h"

#include <optional>

#include "src/errors/text.h"

namespace qsbx {
namespace {

constexpr size_t kIndent = 2;

Error unreadable(std::string_view line) {
  return Error{ErrorCode::kState, "QEMU's tree of objects has a line that cannot be read: '" +
                                      printable(std::string(line.substr(0, 80))) + "'"};
}

struct Line {
  size_t depth;
  std::string_view name;
  std::string_view type;
};

// A name may have spaces and parentheses, a type has neither.
std::optional<Line> parse_line(std::string_view text) {
  const size_t slash = text.find_first_not_of(' ');
  const size_t type = text.rfind(" (");
  if (slash == text.npos || text[slash] != '/' || slash % kIndent != 0) return std::nullopt;
  if (type == text.npos || type <= slash || !text.ends_with(')')) return std::nullopt;
  return Line{slash / kIndent, text.substr(slash + 1, type - slash - 1),
              text.substr(type + 2, text.size() - type - 3)};
}

std::string_view take_line(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

Result<std::vector<QomObject>> parse_qom_tree(std::string_view text) {
  std::vector<QomObject> objects;
  // Paths of the last line and what it is below; the root's is empty.
  std::vector<std::string> above;
  while (!text.empty()) {
    const std::string_view whole = take_line(text);
    if (whole.empty()) continue;
    const auto line = parse_line(whole);
    if (!line || line->depth > above.size()) return unreadable(whole);
    above.resize(line->depth);
    above.push_back(line->depth == 0 ? "" : above.back() + "/" + std::string(line->name));
    objects.push_back({above.back(), std::string(line->type)});
  }
  return objects;
}

std::string_view name_in_path(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string_view parent_path(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos ? "" : path.substr(0, slash);
}

}  // namespace qsbx
