// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/errors/text.h"

#include <cinttypes>
#include <cstdio>

namespace qsbx {

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

std::string hexadecimal(uint64_t number) {
  char text[sizeof "0x" + 16];
  snprintf(text, sizeof text, "0x%" PRIx64, number);
  return text;
}

std::string printable(std::string_view text) {
  std::string result;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    char escaped[8] = {letter};
    if (byte < ' ' || byte == 0x7f) snprintf(escaped, sizeof escaped, "\\x%02x", byte);
    result += escaped;
  }
  return result;
}

}  // namespace qsbx
