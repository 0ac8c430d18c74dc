// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The grammar of conditions and values (src/profile/profile.h), by recursive descent.
#ifndef QSBX_PROFILE_CONDITION_PARSER_H_
#define QSBX_PROFILE_CONDITION_PARSER_H_

#include <optional>

#include "src/profile/condition_tree.h"
#include "src/profile/descriptor_parser.h"
#include "src/profile/lexer.h"

namespace qsbx {

class ConditionParser {
 public:
  ConditionParser(Lexer& lexer, Reporter& reporter, int depth_limit)
      : lexer_(lexer), reporter_(reporter), depth_left_(depth_limit) {}

  // nullopt after an error, which has been reported.
  std::optional<ConditionTree> parse();

 private:
  using Parsed = std::optional<ConditionTree>;

  Parsed disjunction();
  Parsed conjunction();
  Parsed unary();
  Parsed negated();
  Parsed parenthesised();
  Parsed masked_or_whole(const Token& open, ConditionTree inner);
  Parsed test();
  Parsed any_bits(const Token& first, Test test);
  Parsed comparison(const Token& first, Test test);
  Parsed compared_with_value(const Token& first, Test test, Comparator comparator);
  Parsed in_set(const Token& first, Test test);
  Parsed in_descriptors(const Token& first, Test test);
  bool may_be_descriptors(const Token& fds, const Test& test);
  std::optional<Test> ioctl_field(const Token& name, IoctlField field);
  std::optional<Member> member();

  std::optional<ValueTree> value();
  std::optional<ValueTree> shift();
  std::optional<ValueTree> atom();
  std::optional<ValueTree> prefixed(ValueTree::Kind kind);

  bool enter(Position where);
  void leave() { ++depth_left_; }
  bool expect_close(const Token& open, std::string_view close);
  std::nullopt_t unexpected(std::string_view wanted, std::string hint = "");

  Lexer& lexer_;
  Reporter& reporter_;
  int depth_left_;
  int negations_ = 0;  // that what is parsed stands under
};

}  // namespace qsbx

#endif
