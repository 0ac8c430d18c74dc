// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The statements of a profile, line by line.
#ifndef QSBX_PROFILE_PROFILE_PARSER_H_
#define QSBX_PROFILE_PROFILE_PARSER_H_

#include <string>
#include <string_view>
#include <vector>

#include "src/profile/lexer.h"
#include "src/profile/profile.h"
#include "src/profile/reasons.h"
#include "src/profile/rule_parser.h"

namespace qsbx {

class ProfileParser {
 public:
  ProfileParser(std::string_view text, const std::string& file, Architecture architecture,
                bool rules_only, const ParseLimits& limits);

  Result<Profile> parse();

 private:
  // Each returns false after an error that leaves the rest of the line without meaning.
  bool statement();
  bool statement_of(const Token& keyword);
  bool profile_line(const Token& keyword);
  bool applies_line();
  bool phase_line(const Token& keyword);
  bool include_line(const Token& keyword);
  bool changes_line();
  bool section(const Token& open);
  bool qualifier(bool& all);
  bool role(const Token& word, bool& all);
  bool feature();
  bool rule(const Token& first);

  void end_paragraph_line(const Token& first);
  void expect_profile_line(const Token& first);
  bool name(const char* what, Token& word);
  bool count_rule(Position where);
  bool unexpected(const char* wanted);
  bool expect_line_end();
  Error failure(std::vector<Diagnostic> errors);

  std::string file_;
  Architecture architecture_;
  bool rules_only_;
  ParseLimits limits_;
  Reporter reporter_;
  Lexer lexer_;
  RuleParser rule_parser_;
  Profile profile_;
  bool has_statements_ = false;
  bool has_phase_ = false;
  bool stopped_ = false;
  int rules_read_ = 0;
  std::vector<std::string> roles_;  // of the section
  std::string feature_;
  std::vector<LineRange> paragraph_lines_;  // of rules and sections
};

// "base/eventfd": names with dashes, dots and digits, joined by single slashes.
bool is_profile_path(std::string_view path);

}  // namespace qsbx

#endif
