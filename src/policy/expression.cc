// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/policy/expression.h"

#include <algorithm>

namespace qsbx {
namespace {

using Kind = ExpressionNode::Kind;

uint64_t low_bits(uint8_t bits) { return bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1; }

bool less(const Operand& operand, uint64_t a, uint64_t b) {
  return operand.is_signed ? static_cast<int64_t>(a) < static_cast<int64_t>(b) : a < b;
}

bool compare_values(const Operand& operand, Comparator comparator, uint64_t value,
                    uint64_t constant) {
  switch (comparator) {
    case Comparator::kEqual:
      return value == constant;
    case Comparator::kNotEqual:
      return value != constant;
    case Comparator::kLess:
      return less(operand, value, constant);
    case Comparator::kLessEqual:
      return !less(operand, constant, value);
    case Comparator::kGreater:
      return less(operand, constant, value);
    case Comparator::kGreaterEqual:
      return !less(operand, value, constant);
  }
  return false;
}

bool in_ranges(const Operand& operand, const std::vector<ValueRange>& ranges, uint64_t value) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const ValueRange& range) {
    return !less(operand, value, range.first) && !less(operand, range.last, value);
  });
}

ValueRange all_of_type(const Operand& operand) {
  if (!operand.is_signed) return {0, low_bits(operand.bits)};
  const uint64_t most = low_bits(operand.bits) >> 1;
  return {~most, most};
}

// Sorted, disjoint and without two neighbours that touch, so that equal sets are equal vectors.
std::vector<ValueRange> canonical(const Operand& operand, std::vector<ValueRange> ranges) {
  std::sort(ranges.begin(), ranges.end(), [&](const ValueRange& a, const ValueRange& b) {
    return less(operand, a.first, b.first);
  });
  std::vector<ValueRange> merged;
  for (const ValueRange& range : ranges) {
    const bool touches = !merged.empty() && (!less(operand, merged.back().last, range.first) ||
                                             merged.back().last + 1 == range.first);
    if (!touches) {
      merged.push_back(range);
    } else if (less(operand, merged.back().last, range.last)) {
      merged.back().last = range.last;
    }
  }
  return merged;
}

}  // namespace

Expression Expression::always() {
  static const auto node = std::make_shared<const ExpressionNode>(
      ExpressionNode{.kind = Kind::kConstant, .constant = true});
  return Expression(node);
}

Expression Expression::never() {
  static const auto node = std::make_shared<const ExpressionNode>(
      ExpressionNode{.kind = Kind::kConstant, .constant = false});
  return Expression(node);
}

Expression Expression::compare(Operand operand, Comparator comparator, uint64_t value) {
  return Expression(std::make_shared<const ExpressionNode>(ExpressionNode{
      .kind = Kind::kCompare, .operand = operand, .comparator = comparator, .value = value}));
}

Expression Expression::in(Operand operand, std::vector<ValueRange> ranges) {
  if (ranges.empty()) return never();
  return Expression(std::make_shared<const ExpressionNode>(ExpressionNode{
      .kind = Kind::kIn, .operand = operand, .ranges = canonical(operand, std::move(ranges))}));
}

Expression Expression::any_descriptor(Operand operand, DescriptorKind kind) {
  return Expression(
      std::make_shared<const ExpressionNode>(ExpressionNode{.kind = Kind::kIn,
                                                            .operand = operand,
                                                            .ranges = {all_of_type(operand)},
                                                            .descriptors = kind}));
}

// A constant that decides the whole is all that is left; one that decides nothing is dropped;
// nested terms of the same kind are drawn up.
Expression Expression::combine(bool conjunction, std::vector<Expression> terms) {
  const Kind kind = conjunction ? Kind::kAll : Kind::kAny;
  std::vector<Expression> kept;
  for (const Expression& term : terms) {
    if (term.node().kind == Kind::kConstant) {
      if (term.node().constant != conjunction) return term;
    } else if (term.node().kind == kind) {
      kept.insert(kept.end(), term.node().terms.begin(), term.node().terms.end());
    } else {
      kept.push_back(term);
    }
  }
  if (kept.empty()) return conjunction ? always() : never();
  if (kept.size() == 1) return kept.front();
  return Expression(std::make_shared<const ExpressionNode>(
      ExpressionNode{.kind = kind, .terms = std::move(kept)}));
}

Expression Expression::all_of(std::vector<Expression> terms) {
  return combine(true, std::move(terms));
}

Expression Expression::any_of(std::vector<Expression> terms) {
  return combine(false, std::move(terms));
}

Expression Expression::negation(Expression term) {
  if (term.node().kind == Kind::kConstant) return term.node().constant ? never() : always();
  if (term.node().kind == Kind::kNot) return term.node().terms.front();
  return Expression(std::make_shared<const ExpressionNode>(
      ExpressionNode{.kind = Kind::kNot, .terms = {std::move(term)}}));
}

bool Expression::operator==(const Expression& other) const {
  return node_ == other.node_ || *node_ == *other.node_;
}

bool Expression::is_always() const { return node_->kind == Kind::kConstant && node_->constant; }

bool Expression::is_never() const { return node_->kind == Kind::kConstant && !node_->constant; }

uint64_t operand_value(const Operand& operand, const Arguments& arguments) {
  const uint64_t value = arguments[static_cast<size_t>(operand.argument)] & low_bits(operand.bits);
  const uint64_t masked = value & operand.mask;
  if (!operand.is_signed || operand.bits == 64) return masked;
  const uint64_t sign = uint64_t{1} << (operand.bits - 1);
  return (masked ^ sign) - sign;
}

bool holds(const Expression& expression, const Arguments& arguments) {
  const ExpressionNode& node = expression.node();
  const auto term_holds = [&](const Expression& term) { return holds(term, arguments); };
  switch (node.kind) {
    case Kind::kConstant:
      return node.constant;
    case Kind::kCompare:
      return compare_values(node.operand, node.comparator, operand_value(node.operand, arguments),
                            node.value);
    case Kind::kIn:
      return in_ranges(node.operand, node.ranges, operand_value(node.operand, arguments));
    case Kind::kAll:
      return std::all_of(node.terms.begin(), node.terms.end(), term_holds);
    case Kind::kAny:
      return std::any_of(node.terms.begin(), node.terms.end(), term_holds);
    case Kind::kNot:
      return !term_holds(node.terms.front());
  }
  return false;
}

}  // namespace qsbx
