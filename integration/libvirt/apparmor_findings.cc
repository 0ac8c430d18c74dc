// SPDX-License-Identifier: LGPL-2.1-or-later
#include "integration/libvirt/apparmor_findings.h"

#include <algorithm>
#include <iterator>
#include <sstream>

#include "integration/libvirt/folder_files.h"
#include "integration/libvirt/qemu_request.h"

namespace qsbx {
namespace {

using Path = std::filesystem::path;

// A # begins a comment, but not in "#include", which includes.
std::string without_comment(const std::string& line) {
  constexpr char kInclude[] = "#include";
  size_t begin = line.find('#');
  if (begin != line.npos && line.compare(begin, sizeof kInclude - 1, kInclude) == 0) {
    begin = line.find('#', begin + 1);
  }
  return line.substr(0, begin);
}

// What is in force of a file; nothing where there is none.
std::string rules_in(const Path& file) {
  std::istringstream lines(text_or_nothing(file));
  std::string rules;
  for (std::string line; std::getline(lines, line);) rules += without_comment(line) + "\n";
  return rules;
}

bool has(const Path& file, const std::string& text) {
  return rules_in(file).find(text) != std::string::npos;
}

// The files that make up the rules for guests. Before libvirt 10 the folder is not among them
// unless an administrator has included it.
std::vector<Path> files_for_guests(const Path& folder) {
  std::vector<Path> files = {folder / "local/abstractions/libvirt-qemu",
                             folder / "abstractions/libvirt-qemu"};
  const bool has_folder = std::ranges::any_of(
      files, [](const Path& file) { return has(file, "<abstractions/libvirt-qemu.d"); });
  if (!has_folder) return files;
  std::ranges::copy(files_in(folder / "abstractions/libvirt-qemu.d"), std::back_inserter(files));
  return files;
}

// As they are installed, beside the launchers' folder.
Path own_rules(const AppArmorRules& rules, const char* name) {
  return rules.launchers.parent_path() / "share/qsbx/libvirt/apparmor" / name;
}

bool names_launcher(const Path& file, const Path& own) {
  return has(file, kLauncherEnding) || has(file, own);
}

bool confines_guests(const std::vector<std::string>& drivers) {
  return drivers.empty() || std::ranges::find(drivers, "apparmor") != drivers.end();
}

// libvirt lets guests execute no emulator but those that a rule names.
void check_guests(const AppArmorRules& rules, Findings& findings) {
  if (!confines_guests(rules.drivers)) return;
  if (!std::filesystem::exists(rules.folder / "abstractions/libvirt-qemu")) return;
  const Path own = own_rules(rules, "libvirt-qemu");
  if (std::ranges::any_of(files_for_guests(rules.folder),
                          [&](const Path& file) { return names_launcher(file, own); })) {
    return;
  }
  findings.push_back({"no-apparmor-rule", rules.folder / "local/abstractions/libvirt-qemu",
                      "AppArmor is on, and no rule lets guests execute the launcher",
                      "add: include <abstractions/libvirt-qemu.d/qsbx> where the package has "
                      "installed that, or else: include \"" +
                          own.string() + "\""});
}

// The profile that libvirt's daemon itself has lets it execute what is in /usr/bin.
void check_daemon(const AppArmorRules& rules, Findings& findings) {
  if (rules.launchers == "/usr/bin") return;
  const Path profile = rules.folder / "usr.sbin.libvirtd";
  if (!std::filesystem::exists(profile)) return;
  const Path own = own_rules(rules, "libvirtd");
  const Path local = rules.folder / "local/usr.sbin.libvirtd";
  if (names_launcher(local, own) || names_launcher(profile, own)) return;
  findings.push_back({"no-apparmor-rule", local,
                      "AppArmor is on, and no rule lets libvirtd ask the launcher what it can do",
                      "add: include \"" + own.string() + "\", and run apparmor_parser --replace " +
                          profile.string()});
}

}  // namespace

Findings findings_on_apparmor(const AppArmorRules& rules) {
  Findings findings;
  check_guests(rules, findings);
  check_daemon(rules, findings);
  return findings;
}

}  // namespace qsbx
