// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/profile/profile_parser.h"

#include <algorithm>
#include <utility>

#include "src/errors/text.h"
#include "src/profile/descriptor_parser.h"
#include "src/profile/diagnostic_ids.h"
#include "src/profile/names.h"
#include "src/profile/thread_creation.h"

namespace qsbx {
namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '+' || c == '.';
}

bool is_profile_name(std::string_view name) {
  return !name.empty() && name.front() != '.' && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), is_name_character);
}

std::string nearest_or_all(const std::vector<std::string>& names, std::string_view name) {
  const std::string nearest = nearest_of(names, name);
  return nearest.empty() ? "known are " + joined(names) : did_you_mean(nearest);
}

}  // namespace

bool is_profile_path(std::string_view path) {
  for (size_t slash; (slash = path.find('/')) != std::string_view::npos;) {
    if (!is_profile_name(path.substr(0, slash))) return false;
    path.remove_prefix(slash + 1);
  }
  return is_profile_name(path);
}

ProfileParser::ProfileParser(std::string_view text, const std::string& file,
                             Architecture architecture, bool rules_only, const ParseLimits& limits)
    : file_(file),
      architecture_(architecture),
      rules_only_(rules_only),
      limits_(limits),
      reporter_(file, limits.diagnostics),
      lexer_(text, reporter_),
      rule_parser_(lexer_, reporter_, architecture, limits.depth) {
  profile_.name = profile_.file = file;
}

Result<Profile> ProfileParser::parse() {
  while (!reporter_.full() && !stopped_ && lexer_.peek().kind != Token::Kind::kEnd) {
    if (lexer_.peek().kind == Token::Kind::kNewline) {
      lexer_.take();
      continue;
    }
    const Token first = lexer_.peek();
    if (!has_statements_) profile_.first_statement = first.where.line;
    expect_profile_line(first);
    if (!statement() || !expect_line_end()) lexer_.skip_statement(first.where);
    has_statements_ = true;
  }
  if (!has_statements_) expect_profile_line({.where = {1, 1}});
  if (reporter_.has_errors()) return failure(reporter_.take_errors());
  if (rules_only_) {
    std::vector<Diagnostic> errors = check_thread_creation({&profile_}, architecture_);
    if (!errors.empty()) return failure(std::move(errors));
  }
  profile_.notes = reporter_.take_notes();
  profile_.comments = lexer_.comments();
  find_reasons(profile_, paragraph_lines_);
  return std::move(profile_);
}

Error ProfileParser::failure(std::vector<Diagnostic> errors) {
  std::stable_sort(errors.begin(), errors.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::pair(a.where.line, a.where.column) < std::pair(b.where.line, b.where.column);
  });
  const std::string count =
      errors.size() == 1 ? "1 error" : std::to_string(errors.size()) + " errors";
  return {ErrorCode::kProfile, count + " in " + file_, 0, std::move(errors)};
}

void ProfileParser::expect_profile_line(const Token& first) {
  if (has_statements_ || rules_only_ || first.is_name("profile")) return;
  reporter_.error(diagnostic::kNoProfileLine, first.where, "a profile begins with its name",
                  "write profile NAME on a line before all others");
}

bool ProfileParser::statement() {
  const Token first = lexer_.take();
  if (first.is("[")) return section(first);
  if (first.is("{")) return rule(first);
  if (first.kind == Token::Kind::kBad) return false;
  if (first.kind != Token::Kind::kName) {
    reporter_.error(diagnostic::kUnexpected, first.where,
                    "expected a rule or a statement, found " + describe(first));
    return false;
  }
  const Token& next = lexer_.peek();
  if (next.is(":") || (first.text == "all" && next.is_name("except"))) return rule(first);
  return statement_of(first);
}

bool ProfileParser::statement_of(const Token& keyword) {
  if (keyword.text == "profile") return profile_line(keyword);
  if (keyword.text == "applies") return applies_line();
  if (keyword.text == "phase") return phase_line(keyword);
  if (keyword.text == "include") return include_line(keyword);
  if (keyword.text == "changes") return changes_line();
  const std::string nearest =
      nearest_of({"profile", "applies", "phase", "include", "changes"}, keyword.text);
  reporter_.error(diagnostic::kUnknownStatement, keyword.where,
                  quoted(keyword.text) + " begins no statement, and no rule without a : behind it",
                  nearest.empty() ? "a rule is written CALL: CONDITION" : did_you_mean(nearest));
  return false;
}

bool ProfileParser::profile_line(const Token& keyword) {
  Token word;
  if (!name("the name of the profile", word)) return false;
  if (has_statements_) {
    reporter_.error(diagnostic::kSecondProfileLine, keyword.where,
                    "the profile line stands once in a file, and first");
  }
  profile_.name = word.text;
  return true;
}

bool ProfileParser::applies_line() {
  if (!lexer_.peek().is_name("to")) return unexpected("to after applies");
  lexer_.take();
  const Token kind = lexer_.take_word();
  if (kind.kind == Token::Kind::kEnd) return unexpected("the kind of a part, such as device");
  const std::vector<std::string>& kinds = applicable_kinds();
  if (std::find(kinds.begin(), kinds.end(), kind.text) == kinds.end()) {
    reporter_.error(diagnostic::kUnknownPartKind, kind.where,
                    "a machine has no parts of kind " + quoted(kind.text),
                    nearest_or_all(kinds, kind.text));
  }
  bool more = true;
  while (more) {
    const Token pattern = lexer_.take_word();
    if (pattern.kind == Token::Kind::kEnd) return unexpected("a name or pattern");
    profile_.applies.push_back({std::string(kind.text), std::string(pattern.text)});
    more = lexer_.peek().is(",");
    if (more) lexer_.take();
  }
  return true;
}

bool ProfileParser::phase_line(const Token& keyword) {
  const Token word = lexer_.take_word();
  if (word.kind == Token::Kind::kEnd) return unexpected("boot or run");
  if (word.text != "boot" && word.text != "run") {
    reporter_.error(diagnostic::kUnknownPhase, word.where, "there is no phase " + quoted(word.text),
                    "write boot (until devices are ready) or run (from then on)");
  }
  if (has_phase_) {
    reporter_.error(diagnostic::kSecondPhase, keyword.where, "a profile has one phase",
                    "put the rules of the other phase into a profile of their own");
  }
  has_phase_ = true;
  profile_.phase = word.text == "boot" ? Phase::kBoot : Phase::kRun;
  return true;
}

bool ProfileParser::include_line(const Token& keyword) {
  const Token word = lexer_.take_word();
  if (word.kind == Token::Kind::kEnd) return unexpected("the path of a profile");
  if (rules_only_) {
    reporter_.error(diagnostic::kIncludeAlone, keyword.where,
                    "a rule file that is read on its own cannot include others",
                    "put it into a profile folder, and name that and the profile");
  } else if (!is_profile_path(word.text) || word.text.ends_with(".profile")) {
    reporter_.error(diagnostic::kBadName, word.where,
                    quoted(word.text) + " is no path of a profile",
                    "write it from the profile folder down and without .profile: base/eventfd");
  } else if (profile_.includes.size() >= static_cast<size_t>(limits_.includes)) {
    reporter_.error(diagnostic::kTooManyIncludes, keyword.where,
                    "more than " + std::to_string(limits_.includes) + " includes in one file",
                    "gather some of them in a profile that is included instead");
    stopped_ = true;
  } else {
    profile_.includes.push_back({std::string(word.text), reporter_.location(word.where)});
  }
  return true;
}

bool ProfileParser::changes_line() {
  bool more = true;
  while (more) {
    if (!lexer_.peek().is_name("fds")) return unexpected("fds( and a kind of descriptors");
    lexer_.take();
    const std::optional<DescriptorKind> kind = parse_descriptor_kind(lexer_, reporter_);
    if (!kind) return false;
    profile_.changes.push_back({*kind, feature_});
    more = lexer_.peek().is(",");
    if (more) lexer_.take();
  }
  return true;
}

bool ProfileParser::section(const Token& open) {
  roles_.clear();
  feature_.clear();
  bool all = false;
  bool more = true;
  const Position where = lexer_.peek().where;
  while (more) {
    if (!qualifier(all)) return false;
    more = lexer_.peek().is(",");
    if (more) lexer_.take();
  }
  if (!lexer_.peek().is("]")) return unexpected("] or , and another qualifier");
  lexer_.take();
  end_paragraph_line(open);
  if (all && (!roles_.empty() || !feature_.empty())) {
    reporter_.error(diagnostic::kBadSection, where, "all stands alone: it means every role, always",
                    "[feature NAME] without roles is for all roles too");
  }
  return true;
}

bool ProfileParser::qualifier(bool& all) {
  const Token word = lexer_.take_word();
  if (word.kind == Token::Kind::kEnd) return unexpected("a role, feature NAME or all");
  return word.text == "feature" ? feature() : role(word, all);
}

bool ProfileParser::feature() {
  Token word;
  if (!name("the name of a feature", word)) return false;
  if (!feature_.empty()) {
    reporter_.error(diagnostic::kBadSection, word.where, "a section is for one feature at most",
                    "repeat the rules in a section of the other feature");
  }
  feature_ = word.text;
  return true;
}

bool ProfileParser::role(const Token& word, bool& all) {
  if (word.text == "all") {
    all = true;
  } else if (!is_role(word.text)) {
    reporter_.error(diagnostic::kUnknownRole, word.where,
                    "there is no thread role " + quoted(word.text),
                    nearest_or_all(roles(), word.text));
  } else if (std::find(roles_.begin(), roles_.end(), word.text) == roles_.end()) {
    roles_.emplace_back(word.text);
  }
  return true;
}

bool ProfileParser::rule(const Token& first) {
  if (!count_rule(first.where)) return false;
  const size_t before = profile_.rules.size();
  if (!rule_parser_.parse(first, profile_.rules)) return false;
  end_paragraph_line(first);
  for (size_t i = before; i < profile_.rules.size(); ++i) {
    profile_.rules[i].roles = roles_;
    profile_.rules[i].feature = feature_;
    profile_.rules[i].last_line = paragraph_lines_.back().last;
    profile_.rules[i].text = lexer_.text_since(first);
  }
  return true;
}

void ProfileParser::end_paragraph_line(const Token& first) {
  const std::string_view text = lexer_.text_since(first);
  const auto further_lines = std::count(text.begin(), text.end(), '\n');
  paragraph_lines_.push_back(
      {first.where.line, first.where.line + static_cast<int>(further_lines)});
}

bool ProfileParser::count_rule(Position where) {
  if (++rules_read_ <= limits_.rules) return true;
  reporter_.error(diagnostic::kTooManyRules, where,
                  "more than " + std::to_string(limits_.rules) + " rules in one file",
                  "write calls with one condition as a set, or split the profile");
  stopped_ = true;
  return false;
}

bool ProfileParser::name(const char* what, Token& word) {
  word = lexer_.take_word();
  if (word.kind == Token::Kind::kEnd) return unexpected(what);
  if (!is_profile_name(word.text)) {
    reporter_.error(diagnostic::kBadName, word.where, quoted(word.text) + " is no name",
                    "a name has letters, digits and _ - + . and begins with neither - nor .");
  }
  return true;
}

bool ProfileParser::unexpected(const char* wanted) {
  const Token found = lexer_.peek();
  if (found.kind != Token::Kind::kBad) {
    reporter_.error(diagnostic::kUnexpected, found.where,
                    std::string("expected ") + wanted + ", found " + describe(found));
  }
  return false;
}

bool ProfileParser::expect_line_end() {
  if (!lexer_.peek().ends_line()) return unexpected("the end of the line");
  if (lexer_.peek().kind == Token::Kind::kNewline) lexer_.take();
  return true;
}

Result<Profile> parse_profile(std::string_view text, const std::string& file,
                              Architecture architecture, bool rules_only,
                              const ParseLimits& limits) {
  if (text.size() <= limits.file_bytes) {
    return ProfileParser(text, file, architecture, rules_only, limits).parse();
  }
  const std::string limit = std::to_string(limits.file_bytes);
  Diagnostic diagnostic = {diagnostic::kFileTooLarge,
                           {file, 0, 0},
                           "the file has more than " + limit + " bytes",
                           "split the profile and include the parts"};
  return Error{ErrorCode::kProfile, "1 error in " + file, 0, {std::move(diagnostic)}};
}

}  // namespace qsbx
