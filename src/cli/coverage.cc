// SPDX-License-Identifier: LGPL-2.1-or-later
//
// qsbx coverage: which rules of the profiles recorded runs exercised.
#include <iostream>
#include <memory>

#include "src/cli/commands.h"
#include "src/cli/coverage_text.h"
#include "src/cli/report.h"
#include "src/cli/selection_options.h"
#include "src/cli/trace_files.h"

namespace qsbx {
namespace {

struct CoverageOptions {
  std::vector<std::string> files;
  std::string profile_folder;
  std::optional<double> at_least;
  bool all = false;
  bool json = false;
};

Result<ProfileSet> profiles_for(const CoverageOptions& options, Architecture architecture) {
  SelectionOptions selection;
  selection.profile_folder = options.profile_folder;
  selection.architecture = architecture_name(architecture);
  return read_profile_set(selection);
}

int judge(const Coverage& coverage, const CoverageOptions& options) {
  if (!options.at_least) return kYes;
  if (coverage.rules() == 0) {
    say("no run brings in a rule that can grant something");
    return kNo;
  }
  if (coverage.percentage() >= *options.at_least) return kYes;
  say("fewer rules are exercised than --at-least asks for");
  return kNo;
}

int coverage_command(const CoverageOptions& options) {
  const auto traces = read_traces_of_one_architecture(options.files);
  if (!traces) return report(traces.error());
  warn_of_incomplete(*traces);
  const Architecture architecture = traces->front().architecture;
  const auto set = profiles_for(options, architecture);
  if (!set) return report(set.error());
  const auto answers = read_not_exercised(*set);
  if (!answers) return report(answers.error());
  const auto coverage = coverage_of(*traces, *set, *answers);
  if (!coverage) return report(coverage.error());
  std::cout << (options.json ? coverage_json(*coverage, *traces, architecture)
                             : coverage_text(*coverage, *traces, architecture, options.all));
  return judge(*coverage, options);
}

}  // namespace

void add_coverage_command(CLI::App& app, int& exit_status) {
  CLI::App* command =
      app.add_subcommand("coverage", "Which rules of the profiles recorded runs exercised");
  command->footer("FILE is what qsbx trace --json writes.");
  auto options = std::make_shared<CoverageOptions>();
  command->add_option("FILE", options->files, "Recorded runs")->required()->type_name("");
  add_profile_folder_option(*command, options->profile_folder);
  command
      ->add_option("--at-least", options->at_least,
                   "Exit status 1 when fewer rules than this are exercised")
      ->type_name("PERCENT")
      ->check(CLI::Range(0.0, 100.0));
  command->add_flag("--all", options->all, "List the rules that are exercised, too");
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([options, &exit_status] { exit_status = coverage_command(*options); });
}

}  // namespace qsbx
