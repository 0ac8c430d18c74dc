// SPDX-License-Identifier: LGPL-2.1-or-later
//
// qsbx lint: what a hostile reviewer would ask of profiles.
#include "src/lint/lint.h"

#include <algorithm>
#include <iostream>
#include <list>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "src/cli/commands.h"
#include "src/cli/report.h"
#include "src/cli/selection_options.h"
#include "src/lockdown/call_text.h"
#include "src/policy/algebra.h"

namespace qsbx {
namespace {

struct LintOptions {
  std::vector<std::string> names;
  std::vector<std::string> rule_files;
  std::string profile_folder;
  bool answered = false;
  bool json = false;
};

struct RuleText {
  std::string file;
  std::string text;
};

// Rule files stand for themselves, unless a folder is named to look at beside them.
bool reads_folder(const LintOptions& options) {
  return options.rule_files.empty() || !options.names.empty() || !options.profile_folder.empty();
}

// Profiles as one architecture reads them.
struct Reading {
  std::optional<ProfileSet> set;
  std::list<Profile> rule_files;

  LintScope scope(Architecture architecture) const {
    LintScope scope = {architecture, {}, set ? &*set : nullptr};
    if (set) {
      for (const Profile& profile : set->profiles()) scope.profiles.push_back(&profile);
    }
    for (const Profile& profile : rule_files) scope.profiles.push_back(&profile);
    return scope;
  }
};

Result<std::vector<RuleText>> read_rule_texts(const std::vector<std::string>& files) {
  std::vector<RuleText> texts;
  for (const std::string& file : files) {
    const Result<std::string> text = read_rule_text(file);
    if (!text.ok()) return text.error();
    texts.push_back({file == "-" ? "<stdin>" : file, *text});
  }
  return texts;
}

Result<Reading> read_for(Architecture architecture, const LintOptions& options,
                         const std::vector<RuleText>& texts) {
  Reading reading;
  if (reads_folder(options)) {
    SelectionOptions selection;
    selection.profile_folder = options.profile_folder;
    selection.architecture = architecture_name(architecture);
    Result<ProfileSet> set = read_profile_set(selection);
    if (!set.ok()) return set.error();
    reading.set = std::move(set).value();
  }
  for (const RuleText& one : texts) {
    Result<Profile> profile = parse_profile(one.text, one.file, architecture, /*rules_only=*/true);
    if (!profile.ok()) return profile.error();
    reading.rule_files.push_back(std::move(profile).value());
  }
  return reading;
}

// The files that were asked about: profiles by name with what they include, and rule files. All
// profiles are looked at in any case, because one may undo what another one's condition is for.
Result<std::set<std::string>> files_asked_about(const Reading& reading,
                                                const LintOptions& options) {
  std::set<std::string> files;
  Selection selection;
  for (const std::string& name : options.names) {
    if (Status added = select_by_name(selection, name, *reading.set); !added) return added.error();
  }
  for (const SelectedProfile& one : selection.profiles) files.insert(one.profile->file);
  for (const Profile& profile : reading.rule_files) files.insert(profile.file);
  if (!options.names.empty() || !options.rule_files.empty()) return files;
  for (const Profile& profile : reading.set->profiles()) files.insert(profile.file);
  return files;
}

struct LintReport {
  size_t profiles;
  Findings findings;
};

Result<LintReport> look(const LintOptions& options) {
  const Result<std::vector<RuleText>> texts = read_rule_texts(options.rule_files);
  if (!texts.ok()) return texts.error();
  std::list<Reading> readings;
  std::vector<LintScope> scopes;
  for (const Architecture architecture : {Architecture::kX86_64, Architecture::kAarch64}) {
    Result<Reading> reading = read_for(architecture, options, *texts);
    if (!reading.ok()) return reading.error();
    readings.push_back(std::move(reading).value());
    scopes.push_back(readings.back().scope(architecture));
  }
  const Result<std::set<std::string>> files = files_asked_about(readings.front(), options);
  if (!files.ok()) return files.error();
  Result<Findings> findings = lint(scopes);
  if (!findings.ok()) return findings.error();
  std::erase_if(*findings, [&](const Finding& finding) {
    return !files->contains(finding.diagnostic.where.file);
  });
  return LintReport{files->size(), std::move(findings).value()};
}

bool is_open(const Finding& finding) { return finding.answer.empty(); }

size_t count_open(const LintReport& report) {
  return static_cast<size_t>(
      std::count_if(report.findings.begin(), report.findings.end(), is_open));
}

std::string example_of(const Finding& finding) {
  if (!finding.example) return "";
  return call_text(finding.architecture, to_seccomp_data(*finding.example));
}

void print_finding(const Finding& finding) {
  const Diagnostic& diagnostic = finding.diagnostic;
  std::cout << diagnostic.where.file << ":" << diagnostic.where.line << ":"
            << diagnostic.where.column << ": finding " << diagnostic.id << ": "
            << diagnostic.message << " (" << diagnostic.hint << ")\n";
  if (finding.example) std::cout << "    granted: " << example_of(finding) << "\n";
  if (!is_open(finding)) std::cout << "    answer: " << finding.answer << "\n";
}

void print_text(const LintReport& report, bool answered) {
  for (const Finding& finding : report.findings) {
    if (answered || is_open(finding)) print_finding(finding);
  }
  const size_t open = count_open(report);
  std::cout << report.profiles << (report.profiles == 1 ? " profile, " : " profiles, ") << open
            << (open == 1 ? " finding, " : " findings, ") << report.findings.size() - open
            << " answered in place\n";
}

nlohmann::ordered_json finding_json(const Finding& finding) {
  const Diagnostic& diagnostic = finding.diagnostic;
  nlohmann::ordered_json json = {{"id", diagnostic.id},
                                 {"file", diagnostic.where.file},
                                 {"line", diagnostic.where.line},
                                 {"column", diagnostic.where.column},
                                 {"message", diagnostic.message},
                                 {"way_out", diagnostic.hint},
                                 {"call", nullptr},
                                 {"answer", nullptr}};
  if (finding.example) json["call"] = example_of(finding);
  if (!is_open(finding)) json["answer"] = finding.answer;
  return json;
}

void print_json(const LintReport& report) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Finding& finding : report.findings) list.push_back(finding_json(finding));
  const nlohmann::ordered_json json = {
      {"profiles", report.profiles}, {"unanswered", count_open(report)}, {"findings", list}};
  std::cout << json_text(json);
}

int lint_command(const LintOptions& options) {
  const Result<LintReport> looked = look(options);
  if (!looked.ok()) return report(looked.error());
  if (options.json) {
    print_json(*looked);
  } else {
    print_text(*looked, options.answered);
  }
  return count_open(*looked) == 0 ? kYes : kNo;
}

}  // namespace

void add_lint_command(CLI::App& app, int& exit_status) {
  CLI::App* command = app.add_subcommand("lint", "What a reviewer would ask about");
  auto options = std::make_shared<LintOptions>();
  command
      ->add_option(
          "PROFILE", options->names,
          "A profile by name or path, with what it includes; all of the folder when absent")
      ->type_name("");
  command
      ->add_option("--rules", options->rule_files,
                   "A self-contained file of rules; - is standard input")
      ->type_name("FILE")
      ->allow_extra_args(false);
  add_profile_folder_option(*command, options->profile_folder);
  command->add_flag("--answered", options->answered,
                    "Print what has been answered too, with the answers");
  command->add_flag("--json", options->json, "Print JSON, answered findings included");
  command->callback([options, &exit_status] { exit_status = lint_command(*options); });
}

}  // namespace qsbx
