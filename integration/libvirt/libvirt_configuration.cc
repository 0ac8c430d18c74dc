// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/libvirt_configuration.h"

#include <sstream>

namespace qsbx {
namespace {

// Up to a # that is in no quotes.
std::string without_comment(const std::string& line) {
  char quote = '\0';
  for (size_t i = 0; i < line.size(); ++i) {
    if (quote != '\0') {
      if (line[i] == quote) quote = '\0';
    } else if (line[i] == '"' || line[i] == '\'') {
      quote = line[i];
    } else if (line[i] == '#') {
      return line.substr(0, i);
    }
  }
  return line;
}

std::string trimmed(const std::string& text) {
  constexpr char kSpace[] = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpace);
  return begin == text.npos ? "" : text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// Words of a list or a single value: quoted ones may hold anything but their quote.
std::vector<std::string> values_of(const std::string& text) {
  std::vector<std::string> values;
  for (size_t i = text.find_first_not_of("[], \t\n"); i < text.size();
       i = text.find_first_not_of("[], \t\n", i)) {
    const bool quoted = text[i] == '"' || text[i] == '\'';
    const size_t begin = quoted ? i + 1 : i;
    const size_t end = std::min(
        quoted ? text.find(text[i], begin) : text.find_first_of("], \t\n", begin), text.size());
    values.push_back(text.substr(begin, end - begin));
    i = std::min(end + (quoted ? 1 : 0), text.size());
  }
  return values;
}

}  // namespace

LibvirtConfiguration libvirt_configuration_from(const std::string& text) {
  LibvirtConfiguration configuration;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::string plain = without_comment(line);
    const size_t equals = plain.find('=');
    if (equals == plain.npos) continue;
    std::string value = trimmed(plain.substr(equals + 1));
    while (value.starts_with("[") && !value.ends_with("]") && std::getline(lines, line)) {
      value += " " + trimmed(without_comment(line));
    }
    configuration[trimmed(plain.substr(0, equals))] = values_of(value);
  }
  return configuration;
}

}  // namespace qsbx
