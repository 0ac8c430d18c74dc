// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/cli/selection_options.h"

#include <errno.h>
#include <string.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iostream>

#include "src/cli/option_values.h"
#include "src/errors/text.h"
#include "src/lockdown/sandbox.h"
#include "src/machine/command_line.h"
#include "src/machine/process_command.h"
#include "src/policy/bound_descriptors.h"
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
    const Result<std::vector<std::string>> command = command_of_process(process);
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

Status something_is_named(const SelectionOptions& options) {
  const bool named =
      names_machine(options) || !options.profile_names.empty() || !options.rule_files.empty();
  if (named) return Done{};
  return Error{ErrorCode::kUsage,
               "which profiles? Name them by --profile NAME, --rules FILE, --pid PID, --xml FILE, "
               "--domain NAME or, last on the line, --argv QEMU ARG..."};
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

Status add_features(ChosenProfiles& chosen, const SelectionOptions& options) {
  const std::set<std::string> known = known_features(chosen);
  for (const std::string& feature : options.features) {
    if (!known.contains(feature)) return unknown_feature(feature, known);
    chosen.features.insert(feature);
  }
  chosen.machine.features = chosen.features;
  if (chosen.set) select_features(chosen.selection, chosen.features, *chosen.set);
  return Done{};
}

Error no_descriptors(const std::string& text) {
  return {ErrorCode::kUsage, "'" + text + "' does not say which descriptors there are: write " +
                                 "KIND=NUMBER[,NUMBER], the kinds are " +
                                 joined(descriptor_kind_names())};
}

// The numbers of "13,14".
std::optional<std::set<int>> numbers_from(std::string_view text) {
  std::set<int> numbers;
  while (true) {
    int number = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number < 0) return std::nullopt;
    numbers.insert(number);
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    if (text.empty()) return numbers;
    if (text.front() != ',') return std::nullopt;
    text.remove_prefix(1);
  }
}

Status add_descriptors(ChosenProfiles& chosen, const SelectionOptions& options) {
  const std::set<DescriptorKind> changing = changing_kinds(chosen.selection, chosen.features);
  for (const std::string& text : options.descriptors) {
    const size_t equals = std::min(text.find('='), text.size());
    const auto kind = find_descriptor_kind(text.substr(0, equals));
    const auto numbers =
        numbers_from(std::string_view(text).substr(std::min(equals + 1, text.size())));
    if (!kind || !numbers) return no_descriptors(text);
    if (changing.contains(*kind)) {
      return Error{ErrorCode::kUsage, "fds(" + text.substr(0, equals) +
                                          ") is not bound in this machine: such descriptors come "
                                          "or go while its guest runs"};
    }
    chosen.bound[*kind].insert(numbers->begin(), numbers->end());
  }
  return Done{};
}

Result<Policy> bound(Result<Policy> policy, const ChosenProfiles& chosen) {
  if (!policy.ok()) return policy;
  return bind_descriptors(*policy, chosen.bound);
}

}  // namespace

bool names_machine(const SelectionOptions& options) {
  return !options.qemu_command.empty() || !options.processes.empty();
}

CLI::Option* add_profile_folder_option(CLI::App& command, std::string& folder) {
  return command
      .add_option("--profiles", folder,
                  "The profile folder; $QSBX_PROFILES or else the installed one when absent")
      ->type_name("DIR")
      ->check(not_empty());
}

CLI::Option* add_mode_option(CLI::App& command, std::string& mode) {
  return command.add_option("--mode", mode, "enforce when absent")
      ->type_name("MODE")
      ->check(a_mode());
}

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
  // These too: src/cli/guest_selection.h.
  command
      .add_option(
          "--xml",
          "The machine that libvirt would make of a description; with its mode and features")
      ->type_name("FILE")
      ->expected(1)
      ->group(group);
  command.add_option("--domain", "The machine of a guest of libvirt's; with its mode and features")
      ->type_name("NAME")
      ->expected(1)
      ->group(group);
  add_profile_folder_option(command, options.profile_folder)->group(group);
  command
      .add_option("--allow", options.features,
                  "What a manager may do later, such as hotplug; separated by commas")
      ->type_name("FEATURE[,FEATURE]")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->group(group);
  command
      .add_option("--fds", options.descriptors,
                  "The descriptors that rules are bound to, as at lockdown: kvm-vcpu=13,14; may be "
                  "repeated")
      ->type_name("KIND=N[,N]")
      ->allow_extra_args(false)
      ->group(group);
  add_mode_option(command, options.mode)->group(group);
  command.add_option("--role", options.role, "Only what threads of this role are granted")
      ->type_name("ROLE")
      ->check(a_role())
      ->group(group);
  command.add_option("--arch", options.architecture, "This machine's when absent")
      ->type_name("ARCH")
      ->check(an_architecture())
      ->group(group);
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

Result<std::string> read_rule_text(const std::string& file) {
  if (file == "-") return read_stream(std::cin, "standard input");
  std::ifstream stream(file, std::ios::binary);
  if (stream) return read_stream(stream, file);
  return Error{ErrorCode::kUsage, "cannot open rule file '" + file + "': " + strerror(errno),
               errno};
}

Result<Architecture> architecture_of(const SelectionOptions& options) {
  return options.architecture.empty() ? native_architecture()
                                      : architecture_from_string(options.architecture);
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
                           .bound = {},
                           .architecture = *architecture,
                           .mode = *mode,
                           .role = options.role,
                           .machine = {},
                           .notes = {},
                           .set = std::nullopt,
                           .rule_files = {}};
  if (const Status named = something_is_named(options); !named.ok()) return named.error();
  if (names_machine(options) || !options.profile_names.empty()) {
    Result<ProfileSet> set = read_profile_set(options);
    if (!set.ok()) return set.error();
    chosen.set = std::move(set).value();
  }
  for (const auto step : {add_machines, add_profiles, add_features, add_descriptors}) {
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
  return bound(compose(chosen.selection, chosen.features, chosen.architecture, chosen.role),
               chosen);
}

std::vector<WeightedCall> recorded_calls(const ChosenProfiles& chosen, const Policy& policy) {
  if (!chosen.set) return {};
  return on_bound_descriptors(chosen.set->weights(), policy, chosen.bound);
}

Result<Policy> join_rules(const ChosenProfiles& chosen) { return join_rules(chosen, chosen.role); }

Result<Policy> join_rules(const ChosenProfiles& chosen, const std::string& role) {
  return bound(join_rules(chosen.selection, chosen.features, chosen.architecture, role), chosen);
}

}  // namespace qsbx
