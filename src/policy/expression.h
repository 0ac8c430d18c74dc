// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A condition on the arguments of one system call, such as  (prot & PROT_EXEC) == 0 && len <= 4096
// .
//
// An Expression is an immutable value; copies share their nodes. Widths and signs have been settled
// by whoever made it: a comparison knows how many low bits of the register count and whether they
// are read as signed.
#ifndef QSBX_POLICY_EXPRESSION_H_
#define QSBX_POLICY_EXPRESSION_H_

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/policy/descriptor_kind.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx {

enum class Comparator { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual };

// The part of a register that a comparison looks at.
struct Operand {
  int argument;  // 0 to 5
  uint8_t
      bits;  // 16, 32 or 64: higher bits of the register are ignored, as the kernel ignores them
  bool is_signed;  // the value is sign-extended from `bits`
  uint64_t mask;   // and-ed with the value first; all ones for a plain comparison. A masked operand
                   // is unsigned.

  bool operator==(const Operand&) const = default;
};

// Inclusive. Signed operands: both ends as two's complement of 64 bits, and first <= last as
// int64_t.
struct ValueRange {
  uint64_t first;
  uint64_t last;

  auto operator<=>(const ValueRange&) const = default;
};

struct ExpressionNode;

class Expression {
 public:
  static Expression always();
  static Expression never();
  static Expression compare(Operand operand, Comparator comparator, uint64_t value);
  // True when the operand lies in one of the ranges; `ranges` may be in any order and may overlap.
  static Expression in(Operand operand, std::vector<ValueRange> ranges);
  // `fd in fds(KIND)`, of a process that is not known: any descriptor.
  static Expression any_descriptor(Operand operand, DescriptorKind kind);
  static Expression all_of(std::vector<Expression> terms);  // no terms: always
  static Expression any_of(std::vector<Expression> terms);  // no terms: never
  static Expression negation(Expression term);

  const ExpressionNode& node() const { return *node_; }

  // The same tests in the same places; other expressions may mean the same.
  bool operator==(const Expression& other) const;

  bool is_always() const;
  bool is_never() const;

  // Parsable text, with argument and constant names of `call`; equal texts mean equal expressions.
  std::string to_string(const Syscall& call, Architecture architecture) const;

 private:
  explicit Expression(std::shared_ptr<const ExpressionNode> node) : node_(std::move(node)) {}
  static Expression combine(bool conjunction, std::vector<Expression> terms);

  std::shared_ptr<const ExpressionNode> node_;
};

struct ExpressionNode {
  enum class Kind { kConstant, kCompare, kIn, kAll, kAny, kNot };

  Kind kind;
  bool constant = false;                       // kConstant
  Operand operand = {};                        // kCompare, kIn
  Comparator comparator = Comparator::kEqual;  // kCompare
  uint64_t value = 0;                          // kCompare
  std::vector<ValueRange> ranges = {};         // kIn
  std::vector<Expression> terms = {};          // kAll, kAny, kNot (one)
  // kIn: what the ranges, which are all values, stand for until they are bound
  // (bound_descriptors.h)
  std::optional<DescriptorKind> descriptors = {};

  bool operator==(const ExpressionNode&) const = default;
};

using Arguments = std::array<uint64_t, kMaxArguments>;

// What the operand's bits say, sign-extended to 64 when it is signed.
uint64_t operand_value(const Operand& operand, const Arguments& arguments);

// The meaning of an expression.
bool holds(const Expression& expression, const Arguments& arguments);

}  // namespace qsbx

#endif
