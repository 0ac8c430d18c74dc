// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/learn/unseen_values.h"

#include <algorithm>

namespace qsbx {
namespace {

// Neighbours in a list are kept as a range.
void add_range(const Operand& operand, const ValueRange& range, std::vector<Expression>& listed) {
  constexpr uint64_t kLongest = 16;
  if (range.last - range.first >= kLongest) return;
  for (uint64_t value = range.first; value != range.last + 1; ++value) {
    listed.push_back(Expression::compare(operand, Comparator::kEqual, value));
  }
}

// Each value that is listed, as a comparison of its own.
void add_listed(const Expression& condition, std::vector<Expression>& listed) {
  const ExpressionNode& node = condition.node();
  switch (node.kind) {
    case ExpressionNode::Kind::kConstant:
    case ExpressionNode::Kind::kNot:
      return;
    case ExpressionNode::Kind::kCompare:
      if (node.comparator == Comparator::kEqual) listed.push_back(condition);
      return;
    case ExpressionNode::Kind::kIn:
      for (const ValueRange& range : node.ranges) add_range(node.operand, range, listed);
      return;
    case ExpressionNode::Kind::kAll:
    case ExpressionNode::Kind::kAny:
      for (const Expression& term : node.terms) add_listed(term, listed);
  }
}

}  // namespace

std::vector<std::string> unseen_values(const Expression& condition, int number,
                                       const std::set<TellingArguments>& seen,
                                       Architecture architecture) {
  const Syscall& call = *find_syscall(architecture, number);
  std::vector<Expression> listed;
  add_listed(condition, listed);
  std::vector<std::string> unseen;
  for (const Expression& value : listed) {
    const bool was_seen = std::ranges::any_of(seen, [&](const TellingArguments& telling) {
      return holds_for(value, call, telling).value_or(true);
    });
    const std::string text = value.to_string(call, architecture);
    const bool is_listed = std::ranges::find(unseen, text) != unseen.end();
    if (!was_seen && !is_listed) unseen.push_back(text);
  }
  return unseen;
}

}  // namespace qsbx
