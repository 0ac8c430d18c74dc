// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/config_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

namespace qsbx {
namespace {

// Groups that are not called as the option is.
std::string option_of_group(const std::string& group) {
  static const std::map<std::string, std::string> options = {
      {"boot-opts", "boot"}, {"memory", "m"}, {"smp-opts", "smp"}};
  const auto option = options.find(group);
  return option == options.end() ? group : option->second;
}

void add_value(ConfigSection& section, const std::string& key, const std::string& value) {
  if (!section.value.empty()) section.value += ",";
  section.value += key + "=" + with_double_commas(value);
}

// The three forms below are those of qemu_config_foreach() in QEMU's util/qemu-config.c.
bool add_section(std::vector<ConfigSection>& sections, const std::string& line) {
  char group[64] = "";
  char id[64] = "";
  if (sscanf(line.c_str(), "[%63s \"%63[^\"]\"]", group, id) == 2) {
    sections.push_back({option_of_group(group), ""});
    add_value(sections.back(), "id", id);
    return true;
  }
  if (sscanf(line.c_str(), "[%63[^]]]", group) != 1) return false;
  sections.push_back({option_of_group(group), ""});
  return true;
}

bool add_entry(std::vector<ConfigSection>& sections, const std::string& line) {
  char key[64] = "";
  char value[1024] = "";
  // What is no quoted text is taken as an empty one, as there.
  const int read = sscanf(line.c_str(), " %63s = \"%1023[^\"]\"", key, value);
  if (sections.empty() || read < 1) return false;
  add_value(sections.back(), key, value);
  return true;
}

}  // namespace

std::string with_double_commas(const std::string& value) {
  std::string text;
  for (const char c : value) text += c == ',' ? ",," : std::string(1, c);
  return text;
}

Result<std::vector<ConfigSection>> read_config_text(const std::string& text) {
  std::vector<ConfigSection> sections;
  std::istringstream lines(text);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    if (line.front() == '[' && add_section(sections, line)) continue;
    if (add_entry(sections, line)) continue;
    return Error{ErrorCode::kUsage, "line " + std::to_string(number) +
                                        " is neither [group], [group \"id\"] nor key = \"value\""};
  }
  return sections;
}

Result<std::vector<ConfigSection>> read_config_file(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) {
    return Error{ErrorCode::kUsage, std::string("cannot be read: ") + std::strerror(errno), errno};
  }
  if (!S_ISREG(status.st_mode)) {
    return Error{ErrorCode::kUsage, "is no regular file, so QEMU alone can read it"};
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    return Error{ErrorCode::kUsage, "cannot be read"};
  }
  return read_config_text(text.str());
}

}  // namespace qsbx
