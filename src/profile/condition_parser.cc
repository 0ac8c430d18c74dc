// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/profile/condition_parser.h"

#include <utility>

#include "src/profile/diagnostic_ids.h"

namespace qsbx {
namespace {

using Kind = ConditionTree::Kind;

std::optional<Comparator> comparator_of(const Token& token) {
  if (token.is("==")) return Comparator::kEqual;
  if (token.is("!=")) return Comparator::kNotEqual;
  if (token.is("<")) return Comparator::kLess;
  if (token.is("<=")) return Comparator::kLessEqual;
  if (token.is(">")) return Comparator::kGreater;
  if (token.is(">=")) return Comparator::kGreaterEqual;
  return std::nullopt;
}

IoctlField field_of(const Token& token) {
  if (token.is_name("_IOC_NR")) return IoctlField::kNumber;
  if (token.is_name("_IOC_TYPE")) return IoctlField::kType;
  if (token.is_name("_IOC_SIZE")) return IoctlField::kSize;
  if (token.is_name("_IOC_DIR")) return IoctlField::kDirection;
  return IoctlField::kNone;
}

bool is_any_bits(const ConditionTree& tree) {
  return tree.kind == Kind::kTest && tree.test.form == Test::Form::kAnyBits;
}

ConditionTree tree_of(Test test) { return {.kind = Kind::kTest, .test = std::move(test)}; }

ConditionTree joined(Kind kind, std::vector<ConditionTree> terms) {
  if (terms.size() == 1) return std::move(terms.front());
  return {.kind = kind, .terms = std::move(terms)};
}

}  // namespace

std::optional<ConditionTree> ConditionParser::parse() {
  const Token first = lexer_.peek();
  if (first.kind != Token::Kind::kNumber) return disjunction();
  if (first.text == "1" || first.text == "0") {
    lexer_.take();
    return ConditionTree{.kind = first.text == "1" ? Kind::kAlways : Kind::kNever};
  }
  return disjunction();
}

ConditionParser::Parsed ConditionParser::disjunction() {
  std::vector<ConditionTree> terms;
  do {
    if (!terms.empty()) lexer_.take();
    Parsed term = conjunction();
    if (!term) return std::nullopt;
    terms.push_back(std::move(*term));
  } while (lexer_.peek().is("||"));
  return joined(Kind::kAny, std::move(terms));
}

ConditionParser::Parsed ConditionParser::conjunction() {
  std::vector<ConditionTree> terms;
  do {
    if (!terms.empty()) lexer_.take();
    Parsed term = unary();
    if (!term) return std::nullopt;
    terms.push_back(std::move(*term));
  } while (lexer_.peek().is("&&"));
  return joined(Kind::kAll, std::move(terms));
}

ConditionParser::Parsed ConditionParser::unary() {
  if (lexer_.peek().is("!")) return negated();
  if (lexer_.peek().is("(")) return parenthesised();
  return test();
}

ConditionParser::Parsed ConditionParser::negated() {
  const Token mark = lexer_.take();
  if (!enter(mark.where)) return std::nullopt;
  ++negations_;
  Parsed term = unary();
  --negations_;
  leave();
  if (!term) return std::nullopt;
  ConditionTree tree = {.kind = Kind::kNot};
  tree.terms.push_back(std::move(*term));
  return tree;
}

ConditionParser::Parsed ConditionParser::parenthesised() {
  const Token open = lexer_.take();
  if (!enter(open.where)) return std::nullopt;
  Parsed inner = disjunction();
  leave();
  if (!inner || !expect_close(open, ")")) return std::nullopt;
  return masked_or_whole(open, std::move(*inner));
}

// "(flags & MASK)" is a condition of its own, or the left side of a comparison.
ConditionParser::Parsed ConditionParser::masked_or_whole(const Token& open, ConditionTree inner) {
  const Token next = lexer_.peek();
  if (!comparator_of(next) && !next.is_name("in")) return inner;
  if (!is_any_bits(inner)) {
    return unexpected("&&, || or the end of the rule",
                      "only an argument, (argument & mask) or _IOC_TYPE(argument) is compared");
  }
  return comparison(open, std::move(inner.test));
}

ConditionParser::Parsed ConditionParser::test() {
  const Token name = lexer_.peek();
  if (name.kind == Token::Kind::kNumber) {
    reporter_.error(diagnostic::kNotATest, name.where, quoted(name.text) + " is no test",
                    "1 (always) and 0 (never) stand alone; an argument stands to the left of its "
                    "comparison");
    return std::nullopt;
  }
  if (name.kind != Token::Kind::kName) return unexpected("a test of an argument");
  lexer_.take();
  Test test = {.argument = name.text, .where = name.where};
  if (const IoctlField field = field_of(name); field != IoctlField::kNone) {
    std::optional<Test> of_field = ioctl_field(name, field);
    if (!of_field) return std::nullopt;
    return comparison(name, std::move(*of_field));
  }
  if (lexer_.peek().is("&")) return any_bits(name, std::move(test));
  return comparison(name, std::move(test));
}

std::optional<Test> ConditionParser::ioctl_field(const Token& name, IoctlField field) {
  if (!lexer_.peek().is("(")) return unexpected("( after " + std::string(name.text));
  const Token open = lexer_.take();
  if (lexer_.peek().kind != Token::Kind::kName) return unexpected("the name of an argument");
  const Token argument = lexer_.take();
  if (!expect_close(open, ")")) return std::nullopt;
  return Test{.argument = argument.text, .where = argument.where, .field = field};
}

ConditionParser::Parsed ConditionParser::any_bits(const Token& first, Test test) {
  lexer_.take();
  test.form = Test::Form::kAnyBits;
  test.mask = value();
  if (!test.mask) return std::nullopt;
  test.text = lexer_.text_since(first);
  const Token next = lexer_.peek();
  if (!comparator_of(next) && !next.is_name("in")) return tree_of(std::move(test));
  return unexpected("&&, || or the end of the rule",
                    "write the masked argument in parentheses: (argument & mask) == value");
}

ConditionParser::Parsed ConditionParser::comparison(const Token& first, Test test) {
  const Token next = lexer_.peek();
  if (next.is_name("in")) return in_set(first, std::move(test));
  if (const std::optional<Comparator> comparator = comparator_of(next)) {
    return compared_with_value(first, std::move(test), *comparator);
  }
  const std::string hint = next.is("=") ? "equality is written ==" : "";
  return unexpected("a comparison of " + std::string(test.argument), hint);
}

ConditionParser::Parsed ConditionParser::compared_with_value(const Token& first, Test test,
                                                             Comparator comparator) {
  lexer_.take();
  std::optional<ValueTree> right = value();
  if (!right) return std::nullopt;
  test.form = Test::Form::kCompare;
  test.comparator = comparator;
  test.members.push_back({std::move(*right)});
  test.text = lexer_.text_since(first);
  return tree_of(std::move(test));
}

ConditionParser::Parsed ConditionParser::in_set(const Token& first, Test test) {
  lexer_.take();
  if (lexer_.peek().is_name("fds")) return in_descriptors(first, std::move(test));
  if (!lexer_.peek().is("{")) return unexpected("{ after in");
  const Token open = lexer_.take();
  test.form = Test::Form::kIn;
  do {
    if (!test.members.empty()) lexer_.take();
    std::optional<Member> next = member();
    if (!next) return std::nullopt;
    test.members.push_back(std::move(*next));
  } while (lexer_.peek().is(","));
  if (!expect_close(open, "}")) return std::nullopt;
  test.text = lexer_.text_since(first);
  return tree_of(std::move(test));
}

ConditionParser::Parsed ConditionParser::in_descriptors(const Token& first, Test test) {
  const Token fds = lexer_.take();
  const std::optional<DescriptorKind> kind = parse_descriptor_kind(lexer_, reporter_);
  if (!kind || !may_be_descriptors(fds, test)) return std::nullopt;
  test.form = Test::Form::kDescriptors;
  test.descriptors = *kind;
  test.text = lexer_.text_since(first);
  return tree_of(std::move(test));
}

// What is bound later has to become stricter by it.
bool ConditionParser::may_be_descriptors(const Token& fds, const Test& test) {
  if (negations_ > 0) {
    reporter_.error(diagnostic::kNegatedDescriptors, fds.where,
                    "fds() stands under a !: until it is bound, that is no descriptor at all",
                    "write what is granted, without !");
    return false;
  }
  if (!test.mask && test.field == IoctlField::kNone) return true;
  reporter_.error(diagnostic::kNoDescriptor, test.where,
                  "a part of " + std::string(test.argument) + " is no descriptor",
                  "write " + std::string(test.argument) + " in fds(...)");
  return false;
}

std::optional<Member> ConditionParser::member() {
  std::optional<ValueTree> first = value();
  if (!first) return std::nullopt;
  Member result = {std::move(*first)};
  if (!lexer_.peek().is("..")) return result;
  lexer_.take();
  result.last = value();
  if (!result.last) return std::nullopt;
  return result;
}

std::optional<ValueTree> ConditionParser::value() {
  const Token first = lexer_.peek();
  std::optional<ValueTree> left = shift();
  if (!left || !lexer_.peek().is("|")) return left;
  ValueTree whole = {.kind = ValueTree::Kind::kOr, .where = first.where};
  whole.parts.push_back(std::move(*left));
  while (lexer_.peek().is("|")) {
    lexer_.take();
    std::optional<ValueTree> next = shift();
    if (!next) return std::nullopt;
    whole.parts.push_back(std::move(*next));
  }
  whole.text = lexer_.text_since(first);
  return whole;
}

// a << b << c shifts from the left; all parts are kept in one node so that a long chain is no deep
// tree.
std::optional<ValueTree> ConditionParser::shift() {
  const Token first = lexer_.peek();
  std::optional<ValueTree> left = atom();
  if (!left || !lexer_.peek().is("<<")) return left;
  ValueTree whole = {.kind = ValueTree::Kind::kShift, .where = first.where};
  whole.parts.push_back(std::move(*left));
  while (lexer_.peek().is("<<")) {
    lexer_.take();
    std::optional<ValueTree> next = atom();
    if (!next) return std::nullopt;
    whole.parts.push_back(std::move(*next));
  }
  whole.text = lexer_.text_since(first);
  return whole;
}

std::optional<ValueTree> ConditionParser::atom() {
  const Token next = lexer_.peek();
  if (next.is("~")) return prefixed(ValueTree::Kind::kComplement);
  if (next.is("-")) return prefixed(ValueTree::Kind::kNegative);
  if (next.is("(")) {
    lexer_.take();
    if (!enter(next.where)) return std::nullopt;
    std::optional<ValueTree> inner = value();
    leave();
    if (!inner || !expect_close(next, ")")) return std::nullopt;
    return inner;
  }
  if (next.kind != Token::Kind::kName && next.kind != Token::Kind::kNumber) {
    return unexpected("a constant or a number");
  }
  lexer_.take();
  const bool is_name = next.kind == Token::Kind::kName;
  return ValueTree{.kind = is_name ? ValueTree::Kind::kName : ValueTree::Kind::kNumber,
                   .number = next.number,
                   .text = next.text,
                   .where = next.where};
}

std::optional<ValueTree> ConditionParser::prefixed(ValueTree::Kind kind) {
  const Token sign = lexer_.take();
  if (!enter(sign.where)) return std::nullopt;
  std::optional<ValueTree> inner = atom();
  leave();
  if (!inner) return std::nullopt;
  ValueTree whole = {.kind = kind, .text = lexer_.text_since(sign), .where = sign.where};
  whole.parts.push_back(std::move(*inner));
  return whole;
}

bool ConditionParser::enter(Position where) {
  if (--depth_left_ >= 0) return true;
  reporter_.error(diagnostic::kTooDeep, where, "parentheses and signs are nested too deep here",
                  "write the condition flatter, or as several rules");
  return false;
}

bool ConditionParser::expect_close(const Token& open, std::string_view close) {
  const Token next = lexer_.peek();
  if (next.is(close)) {
    lexer_.take();
    return true;
  }
  if (next.kind == Token::Kind::kBad) return false;
  reporter_.error(diagnostic::kUnclosed, next.where,
                  "expected " + std::string(close) + " for the " + std::string(open.text) +
                      " of line " + std::to_string(open.where.line) + ", column " +
                      std::to_string(open.where.column) + ", found " + describe(next));
  return false;
}

std::nullopt_t ConditionParser::unexpected(std::string_view wanted, std::string hint) {
  const Token found = lexer_.peek();
  if (found.kind != Token::Kind::kBad) {
    reporter_.error(diagnostic::kUnexpected, found.where,
                    "expected " + std::string(wanted) + ", found " + describe(found),
                    std::move(hint));
  }
  return std::nullopt;
}

}  // namespace qsbx
