// SPDX-License-Identifier: LGPL-2.1-or-later
//
// One rule of a profile: its calls, its condition, its errno.
#ifndef QSBX_PROFILE_RULE_PARSER_H_
#define QSBX_PROFILE_RULE_PARSER_H_

#include <optional>
#include <vector>

#include "src/profile/condition_tree.h"
#include "src/profile/lexer.h"
#include "src/profile/profile.h"

namespace qsbx {

class RuleParser {
 public:
  RuleParser(Lexer& lexer, Reporter& reporter, Architecture architecture, int depth_limit)
      : lexer_(lexer),
        reporter_(reporter),
        architecture_(architecture),
        depth_limit_(depth_limit) {}

  // `first` is the token that the rule begins with, already taken. One text makes several rules
  // where its calls have the argument at different places. False after an error in the layout; what
  // is wrong with the meaning is only reported.
  bool parse(const Token& first, std::vector<Rule>& rules);

 private:
  struct Calls {
    std::vector<const Syscall*> here;
    std::vector<const Syscall*> elsewhere;  // exist on the other architecture only
  };

  std::optional<Calls> calls(const Token& first);
  std::optional<std::vector<Token>> names_in_braces(const Token& open);
  std::optional<Calls> all_except();
  Calls named(const std::vector<Token>& names);
  const Syscall* find(const Token& name, Calls& calls);

  // `else ENOSYS`, `else report EACCES`
  struct ErrorClause {
    std::optional<int> error;
    bool reported = false;
  };

  bool error_clause(ErrorClause& clause);
  void check_error_clause(const Token& first, const ConditionTree& condition);
  void check_elsewhere(const std::vector<const Syscall*>& calls, const ConditionTree& condition);
  void add_rules(const Token& first, const Calls& calls, const ConditionTree& condition,
                 const ErrorClause& clause, std::vector<Rule>& rules);
  bool unexpected(const char* wanted);

  Lexer& lexer_;
  Reporter& reporter_;
  Architecture architecture_;
  int depth_limit_;
};

}  // namespace qsbx

#endif
