// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The options that say which profiles are meant, shared by every subcommand that works on a policy.
#ifndef QSBX_CLI_SELECTION_OPTIONS_H_
#define QSBX_CLI_SELECTION_OPTIONS_H_

#include <sys/types.h>

#include <CLI/CLI.hpp>
#include <list>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "src/errors/result.h"
#include "src/machine/selection.h"
#include "src/policy/actions.h"

namespace qsbx {

struct SelectionOptions {
  std::vector<std::string> rule_files;
  std::vector<std::string> profile_names;
  std::vector<std::string> qemu_command;  // what follows --argv
  std::vector<pid_t> processes;
  std::string profile_folder;  // empty: the default one
  std::vector<std::string> features;
  std::vector<std::string> descriptors;  // "kvm-vcpu=13,14"
  std::string mode = "enforce";
  std::string role;
  std::string architecture;  // empty: this machine's
};

// --profiles alone.
CLI::Option* add_profile_folder_option(CLI::App& command, std::string& folder);

// --mode alone.
CLI::Option* add_mode_option(CLI::App& command, std::string& mode);

void add_selection_options(CLI::App& command, SelectionOptions& options);

// A machine, by --argv or --pid: --xml and --domain have become --argv before.
bool names_machine(const SelectionOptions& options);

// The options, followed up: what they name has been read and parsed.
struct ChosenProfiles {
  Selection selection;
  std::set<std::string> features;
  Descriptors bound;  // what --fds says
  Architecture architecture;
  Mode mode;
  std::string role;
  Machine machine;                 // of --argv and --pid
  std::vector<std::string> notes;  // what of the machine could not be read

  std::optional<ProfileSet> set;  // read only when something needs it
  std::list<Profile> rule_files;  // selection points to them and into the set
};

// kUsage when nothing is named. Parts that no profile covers are left for the caller to judge.
Result<ChosenProfiles> choose_profiles(const SelectionOptions& options);

// The same, with kUnknownDevice for parts that no profile covers.
Result<ChosenProfiles> choose_covered_profiles(const SelectionOptions& options);

Result<Policy> compose(const ChosenProfiles& chosen);
// The weights of the profile folder, if one was read, for the policy's descriptors.
std::vector<WeightedCall> recorded_calls(const ChosenProfiles& chosen, const Policy& policy);
// compose() for questions: the policy may grant nothing.
Result<Policy> join_rules(const ChosenProfiles& chosen);
// The same for another role than the chosen one; empty: of the process.
Result<Policy> join_rules(const ChosenProfiles& chosen, const std::string& role);

// With the nearest of the known ones, or all of them.
Error unknown_feature(const std::string& feature, const std::set<std::string>& known);

// The text of a rule file; "-" is standard input.
Result<std::string> read_rule_text(const std::string& file);

// The profile folder as the options say.
Result<ProfileSet> read_profile_set(const SelectionOptions& options);

Result<Architecture> architecture_of(const SelectionOptions& options);

}  // namespace qsbx

#endif
