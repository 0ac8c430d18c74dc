// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/monitor_command.h"

#include "src/machine/machine_reader.h"
#include "src/machine/option_values.h"

namespace qsbx {
namespace {

constexpr char kSpace[] = " \t\r\n";

bool is_json(std::string_view command) { return command.starts_with('{'); }

// The size of the object that `text` begins with; npos while it is not complete. QEMU's JSON has
// strings in single quotes, too.
size_t object_size(std::string_view text) {
  int depth = 0;
  char quote = 0;  // of the string that we are in
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == '\\') ++i;
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

// Keys of QEMU's readline that put other words in the line than those that were typed: completion,
// history, corrections.
bool is_edited(std::string_view line) {
  return line.find_first_of("\t\x01\x04\x05\x08\x0e\x10\x17\x1b\x7f") != std::string_view::npos;
}

// What telnet's ends say to each other, in three bytes each, comes with the text.
std::string without_telnet(std::string line) {
  for (size_t at; (at = line.find('\xff')) != std::string::npos;) line.erase(at, 3);
  return line;
}

std::string take_word(std::string& line) {
  line.erase(0, line.find_first_not_of(kSpace));
  const size_t end = std::min(line.find_first_of(kSpace), line.size());
  std::string word = line.substr(0, end);
  line.erase(0, end);
  line.erase(0, line.find_first_not_of(kSpace));
  return word;
}

Status read_line(MachineReader& reader, std::string line) {
  if (is_edited(line)) {
    return Error{ErrorCode::kUsage, "it was typed with keys that complete or correct it"};
  }
  const std::string name = take_word(line);
  if (name != "drive_add" && name != "netdev_add") return Done{};
  if (name == "drive_add") {
    if (line.starts_with("-n")) take_word(line);
    take_word(line);  // the PCI address
  }
  const Result<OptionValues> values = OptionValues::parse(line, name == "netdev_add" ? "type" : "");
  if (!values.ok()) return values.error();
  if (name == "netdev_add") {
    reader.read_netdev(*values);
  } else {
    reader.read_drive(*values);
  }
  return Done{};
}

Status read_object(MachineReader& reader, const std::string& object) {
  const Result<OptionValues> message = OptionValues::parse(object, "");
  if (!message.ok()) return message.error();
  const std::string name = message->get("execute");
  const OptionValues arguments = message->below("arguments.");
  if (name == "human-monitor-command") return read_line(reader, arguments.get("command-line"));
  if (name == "netdev_add") reader.read_netdev(arguments);
  reader.read_blockdev(arguments);  // whichever command has a node among its arguments
  return Done{};
}

}  // namespace

bool may_complete_command(std::string_view piece) {
  return piece.find_first_of("}\r\n") != std::string_view::npos;
}

std::optional<std::string> take_command(std::string& heard) {
  heard.erase(0, heard.find_first_not_of(kSpace));
  const size_t size = is_json(heard) ? object_size(heard) : heard.find_first_of("\r\n");
  if (size == std::string::npos) return std::nullopt;
  const bool json = is_json(heard);
  std::string command = json ? heard.substr(0, size) : without_telnet(heard.substr(0, size));
  heard.erase(0, size);
  return command;
}

bool may_change_machine(const std::string& command) {
  for (const char* name : {"device_add",        "netdev_add",
                           "blockdev-add",      "blockdev-reopen",
                           "chardev-add",       "chardev-change",
                           "object-add",        "object_add",
                           "drive_add",         "blockdev-change-medium",
                           "blockdev-snapshot", "-mirror",
                           "drive_mirror",      "drive-backup",
                           "drive_backup",      "snapshot_blkdev",
                           "change ",           "device_del",
                           "netdev_del",        "blockdev-del",
                           "drive_del",         "blockdev-backup",
                           "block-stream",      "block-commit"}) {
    if (command.find(name) != std::string::npos) return true;
  }
  return !is_json(command) && is_edited(command);
}

Result<std::set<Part>> read_monitor_command(const std::string& command) {
  MachineReader reader;
  const Status read = is_json(command) ? read_object(reader, command) : read_line(reader, command);
  if (!read.ok()) return read.error();
  std::set<Part> parts = reader.parts();
  std::erase_if(parts, [](const Part& part) {
    return part.kind != "aio" && part.kind != "netdev" && part.kind != "option";
  });
  return parts;
}

}  // namespace qsbx
