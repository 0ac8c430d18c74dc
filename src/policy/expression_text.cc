// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Expressions as text that the profile parser reads back.
#include "src/errors/text.h"
#include "src/policy/expression.h"
#include "src/syscalls/constants.h"

namespace qsbx {
namespace {

using Kind = ExpressionNode::Kind;

std::string_view symbol(Comparator comparator) {
  switch (comparator) {
    case Comparator::kEqual:
      return "==";
    case Comparator::kNotEqual:
      return "!=";
    case Comparator::kLess:
      return "<";
    case Comparator::kLessEqual:
      return "<=";
    case Comparator::kGreater:
      return ">";
    case Comparator::kGreaterEqual:
      return ">=";
  }
  return "?";
}

class Printer {
 public:
  Printer(const Syscall& call, Architecture architecture)
      : call_(call), architecture_(architecture) {}

  std::string print(const Expression& expression) const {
    const ExpressionNode& node = expression.node();
    switch (node.kind) {
      case Kind::kConstant:
        return node.constant ? "1" : "0";
      case Kind::kCompare:
        return term(node.operand) + " " + std::string(symbol(node.comparator)) + " " +
               value(node.operand, node.value);
      case Kind::kIn:
        return term(node.operand) + " in " + set(node);
      case Kind::kAll:
        return joined(node, " && ");
      case Kind::kAny:
        return joined(node, " || ");
      case Kind::kNot:
        return negated(node.terms.front());
    }
    return "?";
  }

 private:
  // Only a condition that no rule text can make looks at an argument that the call does not have.
  std::string argument_name(int argument) const {
    const auto index = static_cast<size_t>(argument);
    return index < call_.arguments.size() ? std::string(call_.arguments[index].name)
                                          : "argument" + std::to_string(argument);
  }

  std::string_view constants_of(int argument) const {
    const auto index = static_cast<size_t>(argument);
    return index < call_.arguments.size() ? call_.arguments[index].constants : std::string_view();
  }

  static bool is_masked(const Operand& operand) { return operand.mask != ~uint64_t{0}; }

  std::string term(const Operand& operand) const {
    std::string name = argument_name(operand.argument);
    if (!is_masked(operand)) return name;
    return "(" + name + " & " + value(operand, operand.mask) + ")";
  }

  std::string value(const Operand& operand, uint64_t number) const {
    const std::string_view group = constants_of(operand.argument);
    if (!group.empty()) return named(group, number);
    if (operand.is_signed && static_cast<int64_t>(number) < 0) {
      return std::to_string(static_cast<int64_t>(number));
    }
    return number < 1024 ? std::to_string(number) : hexadecimal(number);
  }

  // describe_value() may answer with text that is no expression.
  std::string named(std::string_view group, uint64_t number) const {
    const std::string text = describe_value(architecture_, group, number);
    const bool parsable = text.find_first_of(" ()?") == std::string::npos;
    return parsable ? text : hexadecimal(number);
  }

  std::string set(const ExpressionNode& node) const {
    if (!node.descriptors) return "{ " + ranges(node) + " }";
    return "fds(" + std::string(descriptor_kind_name(*node.descriptors)) + ")";
  }

  std::string ranges(const ExpressionNode& node) const {
    std::string text;
    for (const ValueRange& range : node.ranges) {
      if (!text.empty()) text += ", ";
      text += value(node.operand, range.first);
      if (range.last != range.first) text += ".." + value(node.operand, range.last);
    }
    return text;
  }

  std::string joined(const ExpressionNode& node, std::string_view separator) const {
    std::string text;
    for (const Expression& term : node.terms) {
      if (!text.empty()) text += separator;
      const Kind kind = term.node().kind;
      const bool parentheses = kind == Kind::kAll || kind == Kind::kAny;
      text += parentheses ? "(" + print(term) + ")" : print(term);
    }
    return text;
  }

  // `flags & O_CREAT` is kept as the negation of a comparison with 0.
  std::string negated(const Expression& inner) const {
    const ExpressionNode& node = inner.node();
    if (node.kind == Kind::kCompare && node.comparator == Comparator::kEqual && node.value == 0 &&
        is_masked(node.operand)) {
      return argument_name(node.operand.argument) + " & " + value(node.operand, node.operand.mask);
    }
    return "!(" + print(inner) + ")";
  }

  const Syscall& call_;
  Architecture architecture_;
};

}  // namespace

std::string Expression::to_string(const Syscall& call, Architecture architecture) const {
  return Printer(call, architecture).print(*this);
}

}  // namespace qsbx
