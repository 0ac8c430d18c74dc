// SPDX-License-Identifier: LGPL-2.1-or-later
//
// docs/language.md, "Meaning", in Z3's words.
#include "tests/proof/meaning.h"

namespace qsbx {
namespace {

// The argument's low bits, masked, widened to 64 bits by its sign or by zeros: constants have 64.
z3::expr value_of(const Operand& operand, const SymbolicCall& call) {
  const z3::expr& whole = call.arguments[static_cast<size_t>(operand.argument)];
  z3::context& context = whole.ctx();
  const unsigned bits = operand.bits;
  const z3::expr low =
      whole.extract(bits - 1, 0) & context.bv_val(operand.mask, 64).extract(bits - 1, 0);
  return operand.is_signed ? z3::sext(low, 64 - bits) : z3::zext(low, 64 - bits);
}

z3::expr at_most(const Operand& operand, const z3::expr& a, const z3::expr& b) {
  return operand.is_signed ? z3::sle(a, b) : z3::ule(a, b);
}

z3::expr comparison(const ExpressionNode& node, const SymbolicCall& call) {
  const z3::expr value = value_of(node.operand, call);
  const z3::expr constant = value.ctx().bv_val(node.value, 64);
  const bool is_signed = node.operand.is_signed;
  switch (node.comparator) {
    case Comparator::kEqual:
      return value == constant;
    case Comparator::kNotEqual:
      return value != constant;
    case Comparator::kLess:
      return is_signed ? z3::slt(value, constant) : z3::ult(value, constant);
    case Comparator::kLessEqual:
      return at_most(node.operand, value, constant);
    case Comparator::kGreater:
      return is_signed ? z3::sgt(value, constant) : z3::ugt(value, constant);
    case Comparator::kGreaterEqual:
      return at_most(node.operand, constant, value);
  }
  return value.ctx().bool_val(false);
}

z3::expr membership(const ExpressionNode& node, const SymbolicCall& call) {
  const z3::expr value = value_of(node.operand, call);
  z3::context& context = value.ctx();
  z3::expr_vector ranges(context);
  for (const ValueRange& range : node.ranges) {
    ranges.push_back(at_most(node.operand, context.bv_val(range.first, 64), value) &&
                     at_most(node.operand, value, context.bv_val(range.last, 64)));
  }
  return z3::mk_or(ranges);
}

z3::expr condition(const Expression& expression, const SymbolicCall& call);

z3::expr_vector conditions(const std::vector<Expression>& terms, const SymbolicCall& call) {
  z3::expr_vector all(call.number.ctx());
  for (const Expression& term : terms) all.push_back(condition(term, call));
  return all;
}

z3::expr condition(const Expression& expression, const SymbolicCall& call) {
  const ExpressionNode& node = expression.node();
  switch (node.kind) {
    case ExpressionNode::Kind::kConstant:
      return call.number.ctx().bool_val(node.constant);
    case ExpressionNode::Kind::kCompare:
      return comparison(node, call);
    case ExpressionNode::Kind::kIn:
      return membership(node, call);
    case ExpressionNode::Kind::kAll:
      return z3::mk_and(conditions(node.terms, call));
    case ExpressionNode::Kind::kAny:
      return z3::mk_or(conditions(node.terms, call));
    case ExpressionNode::Kind::kNot:
      return !condition(node.terms.front(), call);
  }
  return call.number.ctx().bool_val(false);
}

// An `else` is a failure of the call, and one that is reported stops it for the reporter, with the
// errno. In audit calls that would fail run, and reported ones are told like any violation.
uint32_t action_of_refusal(const Refusal& refusal, const Actions& actions) {
  const uint32_t error = static_cast<uint32_t>(refusal.error);
  if (refusal.reported) return actions.refusals_allow ? actions.deny : SECCOMP_RET_TRAP | error;
  return actions.refusals_allow ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO | error;
}

z3::expr answer_for_call(const CallPolicy& policy, const Actions& actions,
                         const SymbolicCall& call) {
  z3::context& context = call.number.ctx();
  z3::expr_vector grants(context);
  for (const Grant& grant : policy.grants) grants.push_back(condition(grant.condition, call));
  const uint32_t otherwise =
      policy.refusal ? action_of_refusal(*policy.refusal, actions) : actions.deny;
  return z3::ite(z3::mk_or(grants), context.bv_val(SECCOMP_RET_ALLOW, 32),
                 context.bv_val(otherwise, 32));
}

// linux/audit.h: EM_X86_64 or EM_AARCH64, of 64 bits, little endian.
uint32_t audit_word(Architecture architecture) {
  const uint32_t machine = architecture == Architecture::kX86_64 ? 62 : 183;
  return machine | 0x80000000 | 0x40000000;
}

}  // namespace

SymbolicCall any_call(z3::context& context) {
  SymbolicCall call = {context.bv_const("nr", 32),
                       context.bv_const("arch", 32),
                       context.bv_const("instruction_pointer", 64),
                       {}};
  for (const char* name : {"args[0]", "args[1]", "args[2]", "args[3]", "args[4]", "args[5]"}) {
    call.arguments.push_back(context.bv_const(name, 64));
  }
  return call;
}

SymbolicCall with_number(const SymbolicCall& call, uint32_t architecture, uint32_t number) {
  SymbolicCall result = call;
  result.architecture = call.number.ctx().bv_val(architecture, 32);
  result.number = call.number.ctx().bv_val(number, 32);
  return result;
}

z3::expr meaning(const Policy& policy, const Actions& actions, const SymbolicCall& call) {
  z3::context& context = call.number.ctx();
  z3::expr native = context.bv_val(actions.deny, 32);
  for (const auto& [number, calls] : policy.calls()) {
    const z3::expr is_this = (call.number == context.bv_val(number, 32)).simplify();
    if (is_this.is_false()) continue;
    native = z3::ite(is_this, answer_for_call(calls, actions, call), native);
  }
  const z3::expr foreign =
      call.architecture != context.bv_val(audit_word(policy.architecture()), 32) ||
      z3::uge(call.number, context.bv_val(0x40000000, 32));
  return z3::ite(foreign, context.bv_val(actions.foreign, 32), native).simplify();
}

}  // namespace qsbx
