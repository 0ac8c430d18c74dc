// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/cli/selection_options.h"

#include <errno.h>
#include <string.h>

#include <fstream>
#include <iostream>

#include "src/lockdown/sandbox.h"
#include "src/machine/command_line.h"
#include "src/syscalls/nearest_name.h"

namespace qsbx {
namespace {

Result<std::string> read_stream(std::istream& stream, const std::string& name) {
  // One byte more than the parser takes, so that it is the parser who says that it is too much.
  std::string text(ParseLimits().file_bytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) {
    return Error{ErrorCode::kUsage, "cannot read " + name + ": " + strerror(errno), errno};
  }
  text.resize(static_cast<size_t>(stream.gcount()));
  return text;
}

Result<std::string> read_rule_text(const std::string& file) {
  if (file == "-") return read_stream(std::cin, "standard input");
  std::ifstream stream(file, std::ios::binary);
  if (stream) return read_stream(stream, file);
  return Error{ErrorCode::kUsage, "cannot open rule file '" + file + "': " + strerror(errno),
               errno};
}

Status add_rule_file(ChosenProfiles& chosen, const std::string& file) {
  const Result<std::string> text = read_rule_text(file);
  if (!text.ok()) return text.error();
  const std::string name = file == "-" ? "<stdin>" : file;
  Result<Profile> profile = parse_profile(*text, name, chosen.architecture, /*rules_only=*/true);
  if (!profile.ok()) return profile.error();
  chosen.rule_files.push_back(std::move(profile).value());
  chosen.selection.add(chosen.rule_files.back(), "--rules");
  return Done{};
}

Result<std::vector<std::string>> command_line_of(pid_t process) {
  const std::string path = "/proc/" + std::to_string(process) + "/cmdline";
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    return Error{ErrorCode::kUsage,
                 "cannot read the command line of process " + std::to_string(process) + ": " +
                     strerror(errno),
                 errno};
  }
  std::vector<std::string> words;
  for (std::string word; std::getline(stream, word, '\0');) words.push_back(word);
  return words;
}

Status add_machine(ChosenProfiles& chosen, const std::vector<std::string>& command) {
  const Result<CommandLine> line = read_command_line(command);
  if (!line.ok()) return line.error();
  chosen.machine.parts.insert(line->machine.parts.begin(), line->machine.parts.end());
  chosen.notes.insert(chosen.notes.end(), line->notes.begin(), line->notes.end());
  chosen.notes.insert(chosen.notes.end(), line->missing.begin(), line->missing.end());
  for (const std::string& file : line->unread) {
    chosen.notes.push_back("not read, so what it adds is missing here: " + file);
  }
  return Done{};
}

Status add_machines(ChosenProfiles& chosen, const SelectionOptions& options) {
  if (!options.qemu_command.empty()) {
    Status added = add_machine(chosen, options.qemu_command);
    if (!added.ok()) return added;
  }
  for (const pid_t process : options.processes) {
    const Result<std::vector<std::string>> command = command_line_of(process);
    if (!command.ok()) return command.error();
    Status added = add_machine(chosen, *command);
    if (!added.ok()) return added;
  }
  if (chosen.machine.parts.empty()) return Done{};
  Result<Selection> selection = select_profiles(chosen.machine, *chosen.set);
  if (!selection.ok()) return selection.error();
  chosen.selection = std::move(selection).value();
  return Done{};
}

Status add_profiles(ChosenProfiles& chosen, const SelectionOptions& options) {
  for (const std::string& name : options.profile_names) {
    Status added = select_by_name(chosen.selection, name, *chosen.set);
    if (!added.ok()) return added;
  }
  for (const std::string& file : options.rule_files) {
    Status added = add_rule_file(chosen, file);
    if (!added.ok()) return added;
  }
  return Done{};
}

bool names_machine(const SelectionOptions& options) {
  return !options.qemu_command.empty() || !options.processes.empty();
}

Status something_is_named(const SelectionOptions& options) {
  const bool named =
      names_machine(options) || !options.profile_names.empty() || !options.rule_files.empty();
  if (named) return Done{};
  return Error{ErrorCode::kUsage,
               "which profiles? Name them by --profile NAME, --rules FILE, --pid PID or, last on "
               "the line, --argv QEMU ARG..."};
}

std::set<std::string> known_features(const ChosenProfiles& chosen) {
  std::set<std::string> features;
  if (chosen.set) features = features_of(*chosen.set);
  for (const Profile& profile : chosen.rule_files) {
    for (const Rule& rule : profile.rules) features.insert(rule.feature);
  }
  features.erase("");
  return features;
}

Error unknown_feature(const std::string& feature, const std::set<std::string>& known) {
  NearestName nearest(feature);
  std::string list;
  for (const std::string& name : known) {
    nearest.consider(name);
    list += (list.empty() ? "" : ", ") + name;
  }
  const std::string way_out = !nearest.name().empty() ? "did you mean '" + nearest.name() + "'?"
                              : list.empty()          ? "these profiles have none"
                                                      : "there are: " + list;
  return Error{ErrorCode::kUsage, "no rule is for the feature '" + feature + "' (" + way_out + ")"};
}

Status add_features(ChosenProfiles& chosen, const SelectionOptions& options) {
  const std::set<std::string> known = known_features(chosen);
  for (const std::string& feature : options.features) {
    if (!known.contains(feature)) return unknown_feature(feature, known);
    chosen.features.insert(feature);
  }
  chosen.machine.features = chosen.features;
  return Done{};
}

Status check_role(const std::string& role) {
  if (role.empty() || is_role(role)) return Done{};
  std::string list;
  for (const std::string& name : roles()) list += (list.empty() ? "" : ", ") + name;
  return Error{ErrorCode::kUsage, "'" + role + "' is no role; the roles are " + list};
}

}  // namespace

void add_selection_options(CLI::App& command, SelectionOptions& options) {
  const std::string group = "Selection";
  command
      .add_option("--rules", options.rule_files,
                  "A self-contained file of rules; - is standard input")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->group(group);
  command
      .add_option("--profile", options.profile_names,
                  "A profile by name or path, with what it includes; may be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false)
      ->group(group);
  command
      .add_option("--pid", options.processes, "The machine that this running QEMU was started as")
      ->type_name("PID")
      ->allow_extra_args(false)
      ->group(group);
  // main() has taken it off the line, with all that follows. This is for --help.
  command.add_flag("--argv")
      ->description("The machine of a QEMU command line: QEMU ARG..., last on the line")
      ->group(group);
  command
      .add_option("--profiles", options.profile_folder,
                  "The profile folder; $QSBX_PROFILES or else the installed one when absent")
      ->type_name("DIR")
      ->group(group);
  command
      .add_option("--allow", options.features,
                  "What a manager may do later, such as hotplug; separated by commas")
      ->type_name("FEATURE[,FEATURE]")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->group(group);
  command.add_option("--mode", options.mode, "enforce (as when absent), errno or audit")
      ->type_name("MODE")
      ->group(group);
  command.add_option("--role", options.role, "Only what threads of this role are granted")
      ->type_name("ROLE")
      ->group(group);
  command
      .add_option("--arch", options.architecture, "x86_64 or aarch64; this machine's when absent")
      ->type_name("ARCH")
      ->group(group);
}

Result<Architecture> architecture_of(const SelectionOptions& options) {
  if (options.architecture.empty()) return native_architecture();
  const std::optional<Architecture> architecture = architecture_by_name(options.architecture);
  if (architecture) return *architecture;
  return Error{ErrorCode::kUsage, "'" + options.architecture +
                                      "' is no architecture that qsbx knows; it knows x86_64 and "
                                      "aarch64"};
}

Result<ProfileSet> read_profile_set(const SelectionOptions& options) {
  const Result<Architecture> architecture = architecture_of(options);
  if (!architecture.ok()) return architecture.error();
  const std::string folder =
      options.profile_folder.empty() ? default_profile_folder() : options.profile_folder;
  return ProfileSet::read(folder, *architecture);
}

Result<ChosenProfiles> choose_profiles(const SelectionOptions& options) {
  const Result<Architecture> architecture = architecture_of(options);
  if (!architecture.ok()) return architecture.error();
  const Result<Mode> mode = mode_from_string(options.mode);
  if (!mode.ok()) return mode.error();
  ChosenProfiles chosen = {.selection = {},
                           .features = {},
                           .architecture = *architecture,
                           .mode = *mode,
                           .role = options.role,
                           .machine = {},
                           .notes = {},
                           .set = std::nullopt,
                           .rule_files = {}};
  for (const Status& status : {check_role(options.role), something_is_named(options)}) {
    if (!status.ok()) return status.error();
  }
  if (names_machine(options) || !options.profile_names.empty()) {
    Result<ProfileSet> set = read_profile_set(options);
    if (!set.ok()) return set.error();
    chosen.set = std::move(set).value();
  }
  for (const auto step : {add_machines, add_profiles, add_features}) {
    Status done = step(chosen, options);
    if (!done.ok()) return done.error();
  }
  return chosen;
}

Result<ChosenProfiles> choose_covered_profiles(const SelectionOptions& options) {
  Result<ChosenProfiles> chosen = choose_profiles(options);
  if (!chosen.ok() || chosen->selection.uncovered.empty()) return chosen;
  return uncovered_error(chosen->selection, *chosen->set);
}

Result<Policy> compose(const ChosenProfiles& chosen) {
  return compose(chosen.selection, chosen.features, chosen.architecture, chosen.role);
}

std::vector<WeightedCall> recorded_calls(const ChosenProfiles& chosen) {
  return chosen.set ? chosen.set->weights() : std::vector<WeightedCall>{};
}

Result<Policy> join_rules(const ChosenProfiles& chosen) {
  return join_rules(chosen.selection, chosen.features, chosen.architecture, chosen.role);
}

}  // namespace qsbx
