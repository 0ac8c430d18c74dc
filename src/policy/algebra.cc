// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A policy as a decision diagram, built bit by bit. It shares no code with the evaluator, which
// works on whole values, nor with the compiler, which works on 32-bit words: a slip in one of the
// three shows as a difference.
#include "src/policy/algebra.h"

#include <algorithm>
#include <functional>

#include "src/bpf/program.h"

namespace qsbx {
namespace {

using Node = DecisionDiagrams::Node;

constexpr int kSignBit = 63;

bool bit_of(uint64_t value, int index) { return (value >> index & 1) != 0; }

// Bit `index` of the operand's value, widened to 64 bits: a bit of the register, a copy of its
// sign, or never set.
Node bit_of(DecisionDiagrams& diagrams, const Operand& operand, int index) {
  const int top = operand.bits - 1;
  if (index > top && !operand.is_signed) return diagrams.falsehood();
  const int source = std::min(index, top);
  if (!bit_of(operand.mask, source)) return diagrams.falsehood();
  return diagrams.bit(argument_offset(operand.argument, source >= 32), source % 32);
}

Node equal_to(DecisionDiagrams& diagrams, const Operand& operand, uint64_t value) {
  Node equal = diagrams.truth();
  for (int i = 0; i < 64; ++i) {
    const Node bit = bit_of(diagrams, operand, i);
    const bool wanted = bit_of(value, i);
    equal = diagrams.if_then_else(bit, wanted ? equal : diagrams.falsehood(),
                                  wanted ? diagrams.falsehood() : equal);
  }
  return equal;
}

// From the lowest bit to the highest: the first bit that differs, seen from the top, decides. A
// sign bit decides the other way round.
Node less_than(DecisionDiagrams& diagrams, const Operand& operand, uint64_t value) {
  Node less = diagrams.falsehood();
  for (int i = 0; i < 64; ++i) {
    const Node bit = bit_of(diagrams, operand, i);
    const bool value_bit = bit_of(value, i);
    const bool set_is_less = operand.is_signed && i == kSignBit;
    const Node differs = diagrams.terminal(set_is_less == value_bit ? 0 : 1);
    less = diagrams.if_then_else(bit, value_bit ? less : differs, value_bit ? differs : less);
  }
  return less;
}

Node comparison(DecisionDiagrams& diagrams, const ExpressionNode& node) {
  const Operand& operand = node.operand;
  const auto equal = [&] { return equal_to(diagrams, operand, node.value); };
  const auto less = [&] { return less_than(diagrams, operand, node.value); };
  switch (node.comparator) {
    case Comparator::kEqual:
      return equal();
    case Comparator::kNotEqual:
      return diagrams.negation(equal());
    case Comparator::kLess:
      return less();
    case Comparator::kLessEqual:
      return diagrams.either(less(), equal());
    case Comparator::kGreater:
      return diagrams.negation(diagrams.either(less(), equal()));
    case Comparator::kGreaterEqual:
      return diagrams.negation(less());
  }
  return diagrams.falsehood();
}

Node in_range(DecisionDiagrams& diagrams, const Operand& operand, const ValueRange& range) {
  if (range.first == range.last) return equal_to(diagrams, operand, range.first);
  const Node at_least = diagrams.negation(less_than(diagrams, operand, range.first));
  const Node at_most = diagrams.either(less_than(diagrams, operand, range.last),
                                       equal_to(diagrams, operand, range.last));
  return diagrams.both(at_least, at_most);
}

Node any_range(DecisionDiagrams& diagrams, const ExpressionNode& node) {
  Node any = diagrams.falsehood();
  for (const ValueRange& range : node.ranges) {
    any = diagrams.either(in_range(diagrams, node.operand, range), any);
  }
  return any;
}

Node conjunction(DecisionDiagrams& diagrams, const std::vector<Expression>& terms) {
  Node all = diagrams.truth();
  for (const Expression& term : terms) all = diagrams.both(diagram_of(diagrams, term), all);
  return all;
}

Node disjunction(DecisionDiagrams& diagrams, const std::vector<Expression>& terms) {
  Node any = diagrams.falsehood();
  for (const Expression& term : terms) any = diagrams.either(diagram_of(diagrams, term), any);
  return any;
}

Node granted(DecisionDiagrams& diagrams, const CallPolicy& call) {
  Node any = diagrams.falsehood();
  for (const Grant& grant : call.grants) {
    any = diagrams.either(diagram_of(diagrams, grant.condition), any);
  }
  return any;
}

using ActionOf = std::function<uint32_t(const Decision&)>;

// The calls of the policy's own architecture and ABI get `action_of` their decision.
Node diagram_of_decisions(DecisionDiagrams& diagrams, const Policy& policy,
                          const ActionOf& action_of, uint32_t foreign) {
  const Node allow = diagrams.terminal(action_of({.verdict = Verdict::kAllow}));
  const Node deny = diagrams.terminal(action_of({.verdict = Verdict::kDeny}));
  Node decided = deny;
  for (const auto& [number, call] : policy.calls()) {
    const Node refused = call.refusal
                             ? diagrams.terminal(action_of({.verdict = Verdict::kErrno,
                                                            .error = call.refusal->error,
                                                            .reported = call.refusal->reported}))
                             : deny;
    decided = diagrams.if_then_else(
        diagrams.word_equals(kNumberOffset, UINT32_MAX, static_cast<uint32_t>(number)),
        diagrams.if_then_else(granted(diagrams, call), allow, refused), decided);
  }
  const Node own_abi =
      diagrams.negation(diagrams.word_greater(kNumberOffset, UINT32_MAX, kX32Bit - 1));
  const Node own_architecture = diagrams.word_equals(kArchitectureOffset, UINT32_MAX,
                                                     audit_architecture(policy.architecture()));
  return diagrams.if_then_else(diagrams.both(own_architecture, own_abi), decided,
                               diagrams.terminal(foreign));
}

Node diagram_of_grants(DecisionDiagrams& diagrams, const Policy& policy) {
  const auto grants = [](const Decision& decision) -> uint32_t {
    return decision.verdict == Verdict::kAllow ? 1 : 0;
  };
  return diagram_of_decisions(diagrams, policy, grants, 0);
}

std::optional<Error> incomparable(const Policy& a, const Policy& b) {
  if (a.architecture() == b.architecture()) return std::nullopt;
  return Error{.code = ErrorCode::kPolicy,
               .message = "policies for different architectures (" +
                          std::string(architecture_name(a.architecture())) + " and " +
                          std::string(architecture_name(b.architecture())) +
                          ") cannot be compared; build both for the same one"};
}

Error too_large() {
  return Error{.code = ErrorCode::kPolicy,
               .message =
                   "the policies are too large to compare; conditions that combine masks of "
                   "several arguments are what costs most, write them with fewer bits"};
}

}  // namespace

Node diagram_of(DecisionDiagrams& diagrams, const Expression& expression) {
  const ExpressionNode& node = expression.node();
  switch (node.kind) {
    case ExpressionNode::Kind::kConstant:
      return diagrams.terminal(node.constant ? 1 : 0);
    case ExpressionNode::Kind::kCompare:
      return comparison(diagrams, node);
    case ExpressionNode::Kind::kIn:
      return any_range(diagrams, node);
    case ExpressionNode::Kind::kAll:
      return conjunction(diagrams, node.terms);
    case ExpressionNode::Kind::kAny:
      return disjunction(diagrams, node.terms);
    case ExpressionNode::Kind::kNot:
      return diagrams.negation(diagram_of(diagrams, node.terms.front()));
  }
  return diagrams.falsehood();
}

Node diagram_of(DecisionDiagrams& diagrams, const Policy& policy, const Actions& actions) {
  const auto action = [&](const Decision& decision) { return actions.action_for(decision); };
  return diagram_of_decisions(diagrams, policy, action, actions.foreign);
}

Result<std::optional<Call>> granted_only_by(const Policy& narrow, const Policy& wide) {
  if (auto error = incomparable(narrow, wide)) return *std::move(error);
  DecisionDiagrams diagrams;
  const Node beyond = diagrams.both(diagram_of_grants(diagrams, narrow),
                                    diagrams.negation(diagram_of_grants(diagrams, wide)));
  if (diagrams.overflowed()) return too_large();
  const auto witness = diagrams.difference(beyond, diagrams.falsehood());
  return witness ? std::optional(to_call(*witness)) : std::nullopt;
}

Result<bool> equal(const Policy& a, const Policy& b) {
  if (auto error = incomparable(a, b)) return *std::move(error);
  DecisionDiagrams diagrams;
  const Actions actions = actions_for(Mode::kEnforce);
  const bool same = diagram_of(diagrams, a, actions) == diagram_of(diagrams, b, actions);
  if (diagrams.overflowed()) return too_large();
  return same;
}

struct seccomp_data to_seccomp_data(const Call& call) {
  struct seccomp_data data = {};
  data.nr = call.number;
  data.arch = call.audit_arch;
  std::copy(call.arguments.begin(), call.arguments.end(), data.args);
  return data;
}

Call to_call(const struct seccomp_data& data) {
  Call call = {.audit_arch = data.arch, .number = data.nr};
  std::copy(std::begin(data.args), std::end(data.args), call.arguments.begin());
  return call;
}

}  // namespace qsbx
