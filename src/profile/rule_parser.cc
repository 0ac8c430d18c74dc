// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/profile/rule_parser.h"

#include <algorithm>
#include <utility>

#include "src/profile/argument_layout.h"
#include "src/profile/condition_checker.h"
#include "src/profile/condition_parser.h"
#include "src/profile/diagnostic_ids.h"
#include "src/syscalls/constants.h"

namespace qsbx {
namespace {

void sort_and_unify(std::vector<const Syscall*>& calls) {
  std::sort(calls.begin(), calls.end(),
            [](const Syscall* a, const Syscall* b) { return a->number < b->number; });
  calls.erase(std::unique(calls.begin(), calls.end()), calls.end());
}

std::vector<int> numbers_of(const std::vector<const Syscall*>& calls) {
  std::vector<int> numbers;
  numbers.reserve(calls.size());
  for (const Syscall* call : calls) numbers.push_back(call->number);
  return numbers;
}

}  // namespace

bool RuleParser::parse(const Token& first, std::vector<Rule>& rules) {
  const std::optional<Calls> of = calls(first);
  if (!of) return false;
  if (!lexer_.peek().is(":")) return unexpected(": and a condition");
  lexer_.take();
  const std::optional<ConditionTree> condition =
      ConditionParser(lexer_, reporter_, depth_limit_).parse();
  if (!condition) return false;
  ErrorClause clause;
  if (lexer_.peek().is_name("else")) {
    if (!error_clause(clause)) return false;
    check_error_clause(first, *condition);
  }
  check_elsewhere(of->elsewhere, *condition);
  add_rules(first, *of, *condition, clause, rules);
  return true;
}

std::optional<RuleParser::Calls> RuleParser::calls(const Token& first) {
  if (first.is("{")) {
    const std::optional<std::vector<Token>> names = names_in_braces(first);
    if (!names) return std::nullopt;
    return named(*names);
  }
  if (first.text == "all" && lexer_.peek().is_name("except")) return all_except();
  return named({first});
}

std::optional<std::vector<Token>> RuleParser::names_in_braces(const Token& open) {
  std::vector<Token> names;
  do {
    if (!names.empty()) lexer_.take();
    if (lexer_.peek().kind != Token::Kind::kName) {
      unexpected("the name of a system call");
      return std::nullopt;
    }
    names.push_back(lexer_.take());
  } while (lexer_.peek().is(","));
  if (lexer_.peek().is("}")) {
    lexer_.take();
    return names;
  }
  if (lexer_.peek().kind == Token::Kind::kBad) return std::nullopt;
  reporter_.error(diagnostic::kUnclosed, lexer_.peek().where,
                  "expected } for the { of line " + std::to_string(open.where.line) + ", column " +
                      std::to_string(open.where.column) + ", found " + describe(lexer_.peek()));
  return std::nullopt;
}

std::optional<RuleParser::Calls> RuleParser::all_except() {
  lexer_.take();
  if (!lexer_.peek().is("{")) {
    unexpected("{ after all except");
    return std::nullopt;
  }
  const std::optional<std::vector<Token>> names = names_in_braces(lexer_.take());
  if (!names) return std::nullopt;
  const std::vector<const Syscall*> excepted = named(*names).here;
  Calls calls;
  for (const Syscall& call : syscalls(architecture_)) {
    if (!std::binary_search(
            excepted.begin(), excepted.end(), &call,
            [](const Syscall* a, const Syscall* b) { return a->number < b->number; })) {
      calls.here.push_back(&call);
    }
  }
  return calls;
}

RuleParser::Calls RuleParser::named(const std::vector<Token>& names) {
  Calls calls;
  for (const Token& name : names) {
    if (const Syscall* call = find(name, calls)) calls.here.push_back(call);
  }
  sort_and_unify(calls.here);
  return calls;
}

const Syscall* RuleParser::find(const Token& name, Calls& calls) {
  if (const Syscall* call = find_syscall(architecture_, name.text)) return call;
  if (const Syscall* call = find_syscall(other_architecture(architecture_), name.text)) {
    calls.elsewhere.push_back(call);
    reporter_.note(diagnostic::kCallElsewhere, name.where,
                   std::string(name.text) + " does not exist on " +
                       std::string(architecture_name(architecture_)) + ": no rule there");
    return nullptr;
  }
  reporter_.error(diagnostic::kUnknownCall, name.where,
                  "there is no system call " + quoted(name.text) + " on any architecture",
                  did_you_mean(nearest_syscall_name(name.text)));
  return nullptr;
}

bool RuleParser::error_clause(ErrorClause& clause) {
  lexer_.take();
  clause.reported = lexer_.peek().is_name("report");
  if (clause.reported) lexer_.take();
  if (lexer_.peek().kind != Token::Kind::kName) return unexpected("an errno such as ENOSYS");
  const Token name = lexer_.take();
  clause.error = find_errno(name.text);
  if (!clause.error) {
    reporter_.error(diagnostic::kUnknownErrno, name.where, "there is no errno " + quoted(name.text),
                    did_you_mean(nearest_constant_name(architecture_, "errno", name.text)));
  }
  return true;
}

void RuleParser::check_error_clause(const Token& first, const ConditionTree& condition) {
  if (condition.kind == ConditionTree::Kind::kAlways) {
    reporter_.error(diagnostic::kElseNeverUsed, first.where,
                    "the call is always granted, so its else is never used",
                    "take out the else, or write the condition");
  }
}

// A text is right or wrong on every architecture: what is no rule here is checked as if there.
void RuleParser::check_elsewhere(const std::vector<const Syscall*>& calls,
                                 const ConditionTree& condition) {
  const size_t notes = reporter_.note_count();
  const Architecture other = other_architecture(architecture_);
  for (const auto& group : group_by_layout(calls, condition)) {
    ConditionChecker(*group.front(), other, reporter_).check(condition);
  }
  reporter_.forget_notes_after(notes);
}

void RuleParser::add_rules(const Token& first, const Calls& calls, const ConditionTree& condition,
                           const ErrorClause& clause, std::vector<Rule>& rules) {
  for (const auto& group : group_by_layout(calls.here, condition)) {
    std::optional<Expression> checked =
        ConditionChecker(*group.front(), architecture_, reporter_).check(condition);
    if (!checked) continue;
    rules.push_back({numbers_of(group),
                     std::move(*checked),
                     clause.error,
                     {},
                     "",
                     reporter_.location(first.where),
                     clause.reported});
  }
}

bool RuleParser::unexpected(const char* wanted) {
  const Token found = lexer_.peek();
  if (found.kind != Token::Kind::kBad) {
    reporter_.error(diagnostic::kUnexpected, found.where,
                    std::string("expected ") + wanted + ", found " + describe(found));
  }
  return false;
}

}  // namespace qsbx
