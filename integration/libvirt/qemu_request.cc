// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/qemu_request.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include "integration/libvirt/hand_over.h"
#include "src/errors/text.h"
#include "src/machine/qemu_names.h"

namespace qsbx {
namespace {

using Words = std::vector<std::string>;

// Without its dashes; empty for what is no option.
std::string option_of(const std::string& word) {
  if (word.size() < 2 || word[0] != '-') return "";
  return word.substr(word[1] == '-' ? 2 : 1);
}

bool asks_for_help(const std::string& value) {
  const std::string last = value.substr(value.find_last_of(',') + 1);
  return last == "help" || last == "?";
}

bool is_question(const Words& words) {
  static const std::set<std::string> kQuestions = {"h", "help", "version"};
  if (words.size() == 1) return kQuestions.contains(option_of(words[0]));
  return words.size() == 2 && !option_of(words[0]).empty() && asks_for_help(words[1]);
}

// "none,accel=kvm:tcg"; a later type= would be the one that counts.
bool is_no_machine(const std::string& value) {
  std::istringstream parts(value);
  std::string part;
  std::getline(parts, part, ',');
  if (part != "none") return false;
  while (std::getline(parts, part, ',')) {
    if (!part.starts_with("accel=")) return false;
  }
  return true;
}

// All options have to be known here: another may bring a machine after all (-readconfig).
bool is_probe(const Words& words) {
  static const std::set<std::string> kHarmless = {
      "S",   "no-user-config", "nodefaults", "accel",   "nographic", "display",
      "qmp", "chardev",        "mon",        "pidfile", "daemonize", "sandbox"};
  bool no_machine = false;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string option = option_of(words[i]);
    const bool machine = option == "machine" || option == "M";
    if (!machine && !kHarmless.contains(option)) return false;
    if (option_arity(option) == OptionArity::kNoValue) continue;
    if (++i == words.size()) return false;
    if (machine && !is_no_machine(words[i])) return false;
    no_machine |= machine;
  }
  return no_machine;
}

}  // namespace

bool only_asks(const Words& words) { return is_question(words) || is_probe(words); }

Result<std::string> uuid_in(const Words& words) {
  const auto is_uuid = [](const std::string& word) { return option_of(word) == "uuid"; };
  const auto option = std::ranges::find_if(words, is_uuid);
  if (option == words.end()) return std::string();
  if (std::any_of(option + 1, words.end(), is_uuid)) {
    return Error{ErrorCode::kUsage,
                 "-uuid is there more than once, so it is not certain which guest this is; take it "
                 "out of <qemu:commandline>"};
  }
  if (option + 1 == words.end()) {
    return Error{ErrorCode::kUsage, "QEMU's option -uuid needs a value after it"};
  }
  return uuid_from_string(option[1]);
}

Result<std::string> qemu_name_of(const std::string& launcher) {
  const std::string name = std::filesystem::path(launcher).filename();
  const std::string ending = kLauncherEnding;
  if (name.size() > ending.size() && name.ends_with(ending)) {
    return name.substr(0, name.size() - ending.size());
  }
  return Error{ErrorCode::kUsage,
               "which QEMU is meant? This program starts the one whose name it has, without the "
               "ending " +
                   ending + ", and cannot be called " + printable(name)};
}

}  // namespace qsbx
