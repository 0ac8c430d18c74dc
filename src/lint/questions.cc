// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lint/questions.h"

#include <algorithm>
#include <map>

#include "src/lint/common_call.h"
#include "src/policy/algebra.h"

namespace qsbx {
namespace {

// A question with the meaning that it has on one architecture.
struct ReadQuestion {
  const Question* question;
  std::map<int, Expression> asked;  // by call
};

Result<ReadQuestion> read_question(const Question& question, Architecture architecture) {
  const Result<Profile> read = parse_profile(question.calls, question.id, architecture, true);
  if (!read.ok()) return read.error();
  ReadQuestion result = {&question, {}};
  for (const Rule& rule : read->rules) {
    for (const int number : rule.numbers) result.asked.emplace(number, rule.condition);
  }
  return result;
}

// The calls of one rule that a question is about.
struct Hits {
  Call example = {};
  std::vector<int> numbers = {};
};

// In the order of the alphabet, since architectures number calls differently.
std::string names_of(const std::vector<int>& numbers, Architecture architecture) {
  constexpr size_t kMost = 4;
  std::vector<std::string> names;
  for (const int number : numbers) names.push_back(call_name(number, architecture));
  std::sort(names.begin(), names.end());
  std::string text;
  for (size_t i = 0; i < names.size() && i < kMost; ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kMost) text += " and " + std::to_string(names.size() - kMost) + " more";
  return text;
}

class Interview {
 public:
  explicit Interview(const LintScope& scope) : scope_(scope) {}

  Status ask(const Questions& about_one_matter) {
    std::vector<ReadQuestion> questions;
    for (const Question& question : about_one_matter) {
      Result<ReadQuestion> read = read_question(question, scope_.architecture);
      if (!read.ok()) return read.error();
      questions.push_back(std::move(read).value());
    }
    for (const Profile* profile : scope_.profiles) {
      for (const Rule& rule : profile->rules) ask(questions, rule, profile->phase);
    }
    return diagrams_.overflowed() ? Status(too_large_to_decide()) : Done{};
  }

  Findings take_findings() { return std::move(findings_); }

 private:
  void ask(const std::vector<ReadQuestion>& questions, const Rule& rule, Phase phase) {
    std::map<const Question*, Hits> hits;
    for (const int number : rule.numbers) {
      std::vector<const Expression*> told;
      for (const ReadQuestion& question : questions) {
        if (phase == Phase::kBoot && !question.question->at_boot) continue;
        const auto asked = question.asked.find(number);
        if (asked == question.asked.end() || follows_from_any(told, asked->second)) continue;
        std::optional<Call> call = common_call(diagrams_, rule.condition, asked->second);
        if (!call) continue;
        told.push_back(&asked->second);
        add(hits[question.question], *call, number);
      }
    }
    for (const auto& [question, of_rule] : hits) tell(*question, rule, of_rule);
  }

  bool follows_from_any(const std::vector<const Expression*>& told, const Expression& asked) {
    const auto outside = diagrams_.negation(diagram_of(diagrams_, asked));
    return std::any_of(told.begin(), told.end(), [&](const Expression* one) {
      return diagrams_.both(diagram_of(diagrams_, *one), outside) == diagrams_.falsehood();
    });
  }

  void add(Hits& hits, Call call, int number) const {
    call.number = number;
    call.audit_arch = audit_architecture(scope_.architecture);
    if (hits.numbers.empty()) hits.example = call;
    hits.numbers.push_back(number);
  }

  void tell(const Question& question, const Rule& rule, const Hits& hits) {
    const std::string names = names_of(hits.numbers, scope_.architecture);
    findings_.push_back(finding_at(rule, scope_.architecture, question.id,
                                   names + ": " + question.concern, question.way_out));
    findings_.back().example = hits.example;
  }

  const LintScope& scope_;
  DecisionDiagrams diagrams_;
  Findings findings_;
};

}  // namespace

std::vector<Questions> all_questions() {
  return {memory_questions(),  process_questions(), file_questions(),
          sandbox_questions(), host_questions(),    socket_questions()};
}

Result<Findings> ask_questions(const LintScope& scope) {
  Interview interview(scope);
  // They outlive the interview, which points to them.
  const std::vector<Questions> questions = all_questions();
  for (const Questions& about_one_matter : questions) {
    if (Status asked = interview.ask(about_one_matter); !asked) return asked.error();
  }
  return interview.take_findings();
}

}  // namespace qsbx
