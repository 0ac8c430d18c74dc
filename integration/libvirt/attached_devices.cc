// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/attached_devices.h"

#include <algorithm>

#include "integration/libvirt/described_machine.h"
#include "integration/libvirt/xml.h"
#include "src/machine/command_line.h"

namespace qsbx {
namespace {

// Of what can be attached. Others, such as a PS/2 mouse, have an alias and no word of their own.
constexpr char kAliases[] =
    "/domain/devices/*[self::disk or self::interface or self::hostdev or self::rng or "
    "self::memory or self::redirdev or self::shmem or self::vsock or self::filesystem or "
    "self::channel or self::serial or self::input[@bus != 'ps2']]/alias/@name";

bool names(const std::string& word, const std::string& alias) {
  return word.find("\"id\":\"" + alias + "\"") != word.npos ||
         ("," + word + ",").find(",id=" + alias + ",") != word.npos;
}

// A drive keeps its alias when it gets another medium.
constexpr char kMedia[] = "/domain/devices/disk/source/@file | /domain/devices/disk/source/@dev";

bool mentions(const std::string& word, const std::string& path) {
  return word.find(path) != word.npos;
}

bool has_attached(const std::string& xml, const std::vector<std::string>& command) {
  const auto domain = Xml::parse(xml, "domain");
  if (!domain) return false;
  const auto lacks = [&](const std::string& path, auto is_in) {
    return std::ranges::any_of(domain->texts(path), [&](const std::string& text) {
      return std::ranges::none_of(command,
                                  [&](const std::string& word) { return is_in(word, text); });
    });
  };
  return lacks(kAliases, names) || lacks(kMedia, mentions);
}

}  // namespace

std::set<Part> parts_with_attached(const std::string& xml,
                                   const std::vector<std::string>& command) {
  if (!has_attached(xml, command)) return {};
  const auto described = command_of_description(xml);
  if (!described) return {};
  const auto line = read_command_line(described->words);
  return line ? line->machine.parts : std::set<Part>();
}

}  // namespace qsbx
