// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/lint/answers.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "src/lint/finding_ids.h"
#include "src/profile/reasons.h"

namespace qsbx {
namespace {

constexpr char kForm[] = "write # lint QSBX-302: REASON";

std::string_view without_blanks(std::string_view text) {
  const size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return "";
  return text.substr(first, text.find_last_not_of(' ') + 1 - first);
}

bool is_identifier(std::string_view text) {
  constexpr std::string_view kStart = "QSBX-";
  return text.starts_with(kStart) && text.size() > kStart.size() &&
         text.find_first_not_of("0123456789", kStart.size()) == std::string_view::npos;
}

// Empty when anything in the list is no identifier.
std::vector<std::string> identifiers_in(std::string_view list) {
  std::vector<std::string> ids;
  for (bool more = true; more;) {
    const size_t comma = list.find(',');
    const std::string_view id = without_blanks(list.substr(0, comma));
    if (!is_identifier(id)) return {};
    ids.emplace_back(id);
    more = comma != std::string_view::npos;
    if (more) list.remove_prefix(comma + 1);
  }
  return ids;
}

Finding finding_at(const Comment& comment, const Profile& profile, const char* id,
                   std::string message, std::string hint) {
  return {.diagnostic = {id,
                         {profile.file, comment.line, comment.column},
                         std::move(message),
                         std::move(hint)},
          .architecture = native_architecture(),
          .example = std::nullopt,
          .answer_lines = {0, 0},
          .answer = ""};
}

bool may_answer(const Comment& comment, const Profile& profile, const Finding& finding) {
  return finding.diagnostic.where.file == profile.file &&
         finding.answer_lines.first <= comment.line && comment.line <= finding.answer_lines.last;
}

// Whether there was anything to answer.
bool answer_all(const Comment& comment, const Profile& profile, const std::string& id,
                const std::string& reason, Findings& findings) {
  bool found = false;
  for (Finding& finding : findings) {
    if (finding.diagnostic.id != id || !may_answer(comment, profile, finding)) continue;
    finding.answer = reason;
    found = true;
  }
  return found;
}

void apply(const Comment& comment, const Profile& profile, Findings& findings, Findings& bad) {
  const std::optional<Answer> answer = read_answer(comment);
  if (!answer) {
    bad.push_back(finding_at(comment, profile, finding::kNoAnswer,
                             "this is meant as an answer, and is none", kForm));
    return;
  }
  for (const std::string& id : answer->ids) {
    if (answer_all(comment, profile, id, answer->reason, findings)) continue;
    bad.push_back(finding_at(comment, profile, finding::kAnswersNothing,
                             "there is no " + id + " here to answer",
                             "take the answer out, or put it at the rule that it is for"));
  }
}

}  // namespace

std::optional<Answer> read_answer(const Comment& comment) {
  constexpr std::string_view kLint = "lint ";
  const std::string_view text = comment.text;
  const size_t colon = text.find(':');
  if (!text.starts_with(kLint) || colon == std::string_view::npos) return std::nullopt;
  Answer answer = {identifiers_in(text.substr(kLint.size(), colon - kLint.size())),
                   std::string(without_blanks(text.substr(colon + 1)))};
  if (answer.ids.empty() || !says_something(answer.reason)) return std::nullopt;
  return answer;
}

void apply_answers(const std::vector<const Profile*>& profiles, Findings& findings) {
  Findings bad;
  for (const Profile* profile : profiles) {
    for (const Comment& comment : profile->comments) {
      if (is_answer(comment)) apply(comment, *profile, findings, bad);
    }
  }
  std::move(bad.begin(), bad.end(), std::back_inserter(findings));
}

}  // namespace qsbx
