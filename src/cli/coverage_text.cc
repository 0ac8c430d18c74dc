// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/cli/coverage_text.h"

#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>

#include "src/cli/report.h"
#include "src/errors/text.h"
#include "src/learn/proposal_text.h"
#include "src/syscalls/constants.h"

namespace qsbx {
namespace {

using Json = nlohmann::ordered_json;

std::string rule_text(const RuleUse& use, Architecture architecture) {
  const Syscall& call = *find_syscall(architecture, use.number);
  return std::string(call.name) + ": " + use.rule->condition.to_string(call, architecture) +
         (use.rule->error ? " else " + std::string(errno_name(*use.rule->error)) : "");
}

std::string place_text(const RuleUse& use) {
  return use.rule->where.file + ":" + std::to_string(use.rule->where.line);
}

std::string profile_name(const Profile& profile) {
  const std::string suffix = ".profile";
  return profile.file.ends_with(suffix)
             ? profile.file.substr(0, profile.file.size() - suffix.size())
             : profile.file;
}

// "whence=SEEK_SET" of each, without the space before.
std::vector<std::string> values_of(const std::set<TellingArguments>& values, int number,
                                   Architecture architecture) {
  std::vector<std::string> texts;
  for (const TellingArguments& telling : values) {
    const std::string text = text_of(architecture, number, telling);
    texts.push_back(text.empty() ? text : text.substr(1));
  }
  return texts;
}

std::string percentage_text(double percentage) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(1) << percentage << " %";
  return text.str();
}

std::string features_text(const DeniedCall& denied) {
  if (denied.features.empty()) return "";
  return "  " + joined({denied.features.begin(), denied.features.end()});
}

class TextWriter {
 public:
  TextWriter(const std::vector<Trace>& traces, Architecture architecture, bool all)
      : traces_(traces), architecture_(architecture), all_(all) {}

  std::string text(const Coverage& coverage) {
    for (const ProfileUse& profile : coverage.profiles) add_profile(profile);
    for (const Profile* profile : coverage.not_run) {
      out_ << profile_name(*profile) << "  not run\n";
    }
    for (const auto& [call, denied] : coverage.denied) {
      out_ << (denied.features.empty() ? "no rule grants  " : "granted by a feature  ") << call
           << "  " << denied.count << features_text(denied) << "\n";
    }
    for (const auto& [call, count] : coverage.of_other_roles) {
      out_ << "granted to other roles only  " << call << "  " << count << "\n";
    }
    for (const Part& part : coverage.uncovered) {
      out_ << "no profile applies to  " << printable(part.to_string()) << "\n";
    }
    for (const NotExercised& stale : coverage.stale) {
      out_ << "not-exercised:" << stale.line
           << " is exercised after all: " << profile_name(*stale.profile) << " "
           << call_name(stale.number, architecture_) << "\n";
    }
    add_total(coverage);
    return out_.str();
  }

 private:
  void add_profile(const ProfileUse& profile) {
    out_ << profile_name(*profile.profile) << "  " << profile.exercised() << " of "
         << profile.rules_that_grant() << " rules, in " << profile.runs.size()
         << (profile.runs.size() == 1 ? " run\n" : " runs\n");
    for (const RuleUse& use : profile.rules) {
      if (use.is_refusal()) {
        add_refusal(use);
      } else {
        use.is_exercised() ? add_exercised(use) : add_not_exercised(use);
      }
    }
  }

  void begin(const char* what, const RuleUse& use) {
    begin(what, use, rule_text(use, architecture_));
  }

  void begin(const char* what, const RuleUse& use, const std::string& rule) {
    out_ << "  " << std::left << std::setw(14) << what << place_text(use) << " " << rule;
  }

  void add_refusal(const RuleUse& use) {
    if (!all_) return;
    begin(use.is_exercised() ? "refused" : "never refused", use);
    if (use.is_exercised()) add_calls(use);
    out_ << "\n";
  }

  void add_calls(const RuleUse& use) {
    out_ << "  " << use.count << " in " << printable(names_of(use.runs, traces_));
  }

  void add_exercised(const RuleUse& use) {
    if (all_) {
      begin("exercised", use);
      add_calls(use);
      out_ << "\n";
    }
    if (!use.only_by_wider.empty()) {
      begin("wide", use);
      out_ << "  was only " << joined(values_of(use.only_by_wider, use.number, architecture_))
           << "\n";
    }
    if (use.never_seen.empty()) return;
    begin("in part", use, call_name(use.number, architecture_));
    out_ << "  never " << joined(use.never_seen) << "\n";
  }

  void add_not_exercised(const RuleUse& use) {
    begin(use.answer.empty() ? "not exercised" : "answered", use);
    if (!use.answer.empty()) out_ << "  " << printable(use.answer);
    if (use.perhaps != 0) {
      out_ << "  (perhaps by " << use.perhaps
           << " calls: it looks at arguments that traces do not keep)";
    }
    out_ << "\n";
  }

  void add_total(const Coverage& coverage) {
    out_ << "total  " << coverage.exercised() << " of " << coverage.rules() << " rules exercised, "
         << percentage_text(coverage.percentage()) << "; " << coverage.answered()
         << " others answered; " << coverage.exercised_refusals() << " of " << coverage.refusals()
         << " refusals\n";
  }

  const std::vector<Trace>& traces_;
  Architecture architecture_;
  bool all_;
  std::ostringstream out_;
};

Json rule_json(const RuleUse& use, const std::vector<Trace>& traces, Architecture architecture) {
  Json json = {{"rule", place_text(use)},
               {"syscall", call_name(use.number, architecture)},
               {"text", rule_text(use, architecture)},
               {"refusal", use.is_refusal()},
               {"count", use.count},
               {"runs", run_names_json(use.runs, traces)},
               {"perhaps", use.perhaps},
               {"only-by-wider", values_of(use.only_by_wider, use.number, architecture)},
               {"never-seen", use.never_seen}};
  if (!use.answer.empty()) json["answer"] = use.answer;
  return json;
}

Json profile_json(const ProfileUse& profile, const std::vector<Trace>& traces,
                  Architecture architecture) {
  Json rules = Json::array();
  for (const RuleUse& use : profile.rules) rules.push_back(rule_json(use, traces, architecture));
  return {{"profile", profile_name(*profile.profile)},
          {"runs", profile.runs.size()},
          {"exercised", profile.exercised()},
          {"rules", rules}};
}

Json stale_json(const std::vector<NotExercised>& stale, Architecture architecture) {
  Json list = Json::array();
  for (const NotExercised& one : stale) {
    list.push_back({{"profile", profile_name(*one.profile)},
                    {"syscall", call_name(one.number, architecture)},
                    {"line", one.line}});
  }
  return list;
}

Json denied_json(const std::map<std::string, DeniedCall>& denied) {
  Json list = Json::array();
  for (const auto& [call, one] : denied) {
    list.push_back({{"call", call}, {"count", one.count}, {"features", one.features}});
  }
  return list;
}

}  // namespace

std::string coverage_text(const Coverage& coverage, const std::vector<Trace>& traces,
                          Architecture architecture, bool all) {
  return TextWriter(traces, architecture, all).text(coverage);
}

std::string coverage_json(const Coverage& coverage, const std::vector<Trace>& traces,
                          Architecture architecture) {
  Json profiles = Json::array(), not_run = Json::array(), uncovered = Json::array();
  for (const ProfileUse& one : coverage.profiles) {
    profiles.push_back(profile_json(one, traces, architecture));
  }
  for (const Profile* profile : coverage.not_run) not_run.push_back(profile_name(*profile));
  for (const Part& part : coverage.uncovered) uncovered.push_back(part.to_string());
  const Json json = {{"arch", std::string(architecture_name(architecture))},
                     {"runs", traces.size()},
                     {"rules", coverage.rules()},
                     {"exercised", coverage.exercised()},
                     {"answered", coverage.answered()},
                     {"percentage", coverage.percentage()},
                     {"refusals", coverage.refusals()},
                     {"exercised-refusals", coverage.exercised_refusals()},
                     {"profiles", profiles},
                     {"not-run", not_run},
                     {"stale", stale_json(coverage.stale, architecture)},
                     {"denied", denied_json(coverage.denied)},
                     {"of-other-roles", coverage.of_other_roles},
                     {"uncovered", uncovered}};
  return json_text(json);
}

}  // namespace qsbx
