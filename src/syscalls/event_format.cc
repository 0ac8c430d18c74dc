// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/syscalls/event_format.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

// The last column of arch/x86/entry/syscalls/syscall_64.tbl and scripts/syscall.tbl, where it is
// not "sys_" and the name.
struct EntryPoint {
  std::string_view call;
  std::string_view entry_point;
};

constexpr EntryPoint kEntryPoints[] = {
    {"stat", "newstat"},           {"fstat", "newfstat"}, {"lstat", "newlstat"},
    {"uname", "newuname"},         {"umount2", "umount"}, {"sendfile", "sendfile64"},
    {"fadvise64", "fadvise64_64"},
};

std::optional<size_t> number_after(std::string_view line, std::string_view key) {
  const size_t place = line.find(key);
  if (place == std::string_view::npos) return std::nullopt;
  size_t number = 0;
  const char* first = line.data() + place + key.size();
  const auto read = std::from_chars(first, line.data() + line.size(), number);
  if (read.ec != std::errc()) return std::nullopt;
  return number;
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// "unsigned long args[6]" has the name "args".
void read_declaration(std::string_view declaration, EventField& field) {
  const size_t space = declaration.find_last_of(" *");
  const std::string_view name = declaration.substr(space + 1);
  field.name = name.substr(0, name.find('['));
  field.type = trimmed(declaration.substr(0, space + 1));
}

std::optional<EventField> read_field(std::string_view line) {
  constexpr std::string_view kKey = "field:";
  const size_t begin = line.find(kKey);
  const size_t end = line.find(';');
  const auto offset = number_after(line, "offset:");
  const auto size = number_after(line, "size:");
  const auto is_signed = number_after(line, "signed:");
  if (begin == std::string_view::npos || end == std::string_view::npos || begin > end || !offset ||
      !size || !is_signed) {
    return std::nullopt;
  }
  EventField field;
  read_declaration(line.substr(begin + kKey.size(), end - begin - kKey.size()), field);
  field.offset = *offset;
  field.size = *size;
  field.is_signed = *is_signed != 0;
  return field;
}

}  // namespace

const EventField* EventFormat::find(std::string_view field) const {
  const auto found = std::ranges::find(fields, field, &EventField::name);
  return found == fields.end() ? nullptr : &*found;
}

std::optional<EventFormat> read_event_format(const std::string& text) {
  EventFormat format;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("name: ")) format.name = line.substr(6);
    if (line.starts_with("ID: "))
      format.id = static_cast<unsigned>(number_after(line, "ID: ").value_or(0));
    if (line.starts_with("print fmt:")) break;
    if (auto field = read_field(line)) format.fields.push_back(*std::move(field));
  }
  if (format.name.empty() || format.id == 0 || format.fields.empty()) return std::nullopt;
  return format;
}

std::vector<EventField> argument_fields(const EventFormat& format) {
  const auto number = std::ranges::find(format.fields, "__syscall_nr", &EventField::name);
  std::vector<EventField> arguments;
  if (number == format.fields.end()) return arguments;
  for (auto field = number + 1; field != format.fields.end(); ++field) {
    const bool is_register =
        field->size == sizeof(uint64_t) && field->type.find("__data_loc") == std::string::npos;
    if (!is_register || arguments.size() == kMaxArguments) break;
    arguments.push_back(*field);
  }
  return arguments;
}

std::vector<std::string> event_names(std::string_view call) {
  std::vector<std::string> names;
  for (const EntryPoint& known : kEntryPoints) {
    if (known.call == call) names.push_back("sys_enter_" + std::string(known.entry_point));
  }
  names.push_back("sys_enter_" + std::string(call));
  return names;
}

}  // namespace qsbx
