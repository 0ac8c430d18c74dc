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

// Grants, with what they mean beside them.
struct MeantGrant {
  const Grant* grant;
  Node meaning;
};

class GrantDiagrams {
 public:
  std::vector<MeantGrant> meant(const CallPolicy& call) {
    std::vector<MeantGrant> grants;
    for (const Grant& grant : call.grants) {
      grants.push_back({&grant, diagram_of(diagrams_, grant.condition)});
    }
    return grants;
  }

  bool grants_all(const CallPolicy& call) {
    return call.is_unconditional() || granted(diagrams_, call) == diagrams_.truth();
  }

  // What both grant, under the shorter of the two conditions where one means just that.
  std::optional<Grant> common(const MeantGrant& a, const MeantGrant& b) {
    const Node both = diagrams_.both(a.meaning, b.meaning);
    if (both == diagrams_.falsehood()) return std::nullopt;
    Grant grant = *a.grant;
    if (both != a.meaning) {
      grant.condition = both == b.meaning
                            ? b.grant->condition
                            : Expression::all_of({a.grant->condition, b.grant->condition});
    }
    grant.also.push_back(b.grant->origin);
    grant.also.insert(grant.also.end(), b.grant->also.begin(), b.grant->also.end());
    return grant;
  }

  // What `grant` grants and none of `others`. Those that it has nothing in common with do not
  // appear in the condition.
  std::optional<Grant> remainder(const MeantGrant& grant, const std::vector<MeantGrant>& others) {
    Node left = grant.meaning;
    std::vector<Expression> conditions = {grant.grant->condition};
    for (const MeantGrant& other : others) {
      const Node less = diagrams_.both(left, diagrams_.negation(other.meaning));
      if (less != left) conditions.push_back(Expression::negation(other.grant->condition));
      left = less;
    }
    if (left == diagrams_.falsehood()) return std::nullopt;
    Grant rest = *grant.grant;
    rest.condition = Expression::all_of(std::move(conditions));
    return rest;
  }

  std::vector<const Grant*> covered_by_others(const CallPolicy& call) {
    const std::vector<MeantGrant> grants = meant(call);
    std::vector<Node> later(grants.size() + 1, diagrams_.falsehood());
    for (size_t i = grants.size(); i-- > 0;) {
      later[i] = diagrams_.either(grants[i].meaning, later[i + 1]);
    }
    Node earlier = diagrams_.falsehood();
    std::vector<const Grant*> covered;
    for (size_t i = 0; i < grants.size(); ++i) {
      const Node others = diagrams_.either(earlier, later[i + 1]);
      const Node own = diagrams_.both(grants[i].meaning, diagrams_.negation(others));
      if (own == diagrams_.falsehood()) covered.push_back(grants[i].grant);
      earlier = diagrams_.either(earlier, grants[i].meaning);
    }
    return covered;
  }

  bool overflowed() const { return diagrams_.overflowed(); }

 private:
  DecisionDiagrams diagrams_;
};

const CallPolicy& call_policy(const Policy& policy, int number) {
  static const CallPolicy none;
  const auto entry = policy.calls().find(number);
  return entry == policy.calls().end() ? none : entry->second;
}

std::set<int> numbers_of(const Policy& a, const Policy& b) {
  std::set<int> numbers;
  for (const Policy* policy : {&a, &b}) {
    for (const auto& [number, call] : policy->calls()) numbers.insert(number);
  }
  return numbers;
}

std::optional<Refusal> common_refusal(const std::optional<Refusal>& a,
                                      const std::optional<Refusal>& b) {
  if (!a || !b || a->error != b->error) return std::nullopt;
  Refusal common = *a;
  common.reported = a->reported && b->reported;
  return common;
}

std::optional<Refusal> stacked_refusal(GrantDiagrams& diagrams, const CallPolicy& a,
                                       const CallPolicy& b) {
  if (diagrams.grants_all(a)) return b.refusal;
  if (diagrams.grants_all(b)) return a.refusal;
  return common_refusal(a.refusal, b.refusal);
}

std::vector<Grant> common_grants(GrantDiagrams& diagrams, const CallPolicy& a,
                                 const CallPolicy& b) {
  std::vector<Grant> grants;
  const std::vector<MeantGrant> others = diagrams.meant(b);
  for (const MeantGrant& grant : diagrams.meant(a)) {
    for (const MeantGrant& other : others) {
      if (auto common = diagrams.common(grant, other)) grants.push_back(*std::move(common));
    }
  }
  return grants;
}

// A call for which a condition on two policies' grants holds.
Result<std::optional<Call>> witness(
    const Policy& a, const Policy& b,
    const std::function<Node(DecisionDiagrams&, Node, Node)>& condition) {
  if (auto error = incomparable(a, b)) return *std::move(error);
  DecisionDiagrams diagrams;
  const Node node =
      condition(diagrams, diagram_of_grants(diagrams, a), diagram_of_grants(diagrams, b));
  if (diagrams.overflowed()) return too_large();
  const auto call = diagrams.difference(node, diagrams.falsehood());
  return call ? std::optional(to_call(*call)) : std::nullopt;
}

bool same_refusal(const std::optional<Refusal>& a, const std::optional<Refusal>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return a->error == b->error && a->reported == b->reported;
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

Result<Policy> intersection(const Policy& a, const Policy& b) {
  if (auto error = incomparable(a, b)) return *std::move(error);
  GrantDiagrams diagrams;
  Policy both(a.architecture());
  for (int number : numbers_of(a, b)) {
    const CallPolicy& in_a = call_policy(a, number);
    const CallPolicy& in_b = call_policy(b, number);
    for (Grant& grant : common_grants(diagrams, in_a, in_b)) both.grant(number, std::move(grant));
    const std::optional<Refusal> refusal = stacked_refusal(diagrams, in_a, in_b);
    if (!refusal) continue;
    if (Status status = both.refuse(number, *refusal); !status) return status.error();
  }
  if (diagrams.overflowed()) return too_large();
  return both;
}

Result<Policy> difference(const Policy& a, const Policy& b) {
  if (auto error = incomparable(a, b)) return *std::move(error);
  GrantDiagrams diagrams;
  Policy rest(a.architecture());
  for (const auto& [number, call] : a.calls()) {
    const std::vector<MeantGrant> taken = diagrams.meant(call_policy(b, number));
    for (const MeantGrant& grant : diagrams.meant(call)) {
      if (auto remainder = diagrams.remainder(grant, taken)) {
        rest.grant(number, *std::move(remainder));
      }
    }
  }
  if (diagrams.overflowed()) return too_large();
  return rest;
}

Result<std::optional<Call>> granted_call(const Policy& policy) {
  return granted_only_by(policy, Policy(policy.architecture()));
}

Result<std::optional<Call>> granted_only_by(const Policy& narrow, const Policy& wide) {
  return witness(narrow, wide, [](DecisionDiagrams& diagrams, Node in_narrow, Node in_wide) {
    return diagrams.both(in_narrow, diagrams.negation(in_wide));
  });
}

Result<std::optional<Call>> granted_by_both(const Policy& a, const Policy& b) {
  return witness(a, b, [](DecisionDiagrams& diagrams, Node in_a, Node in_b) {
    return diagrams.both(in_a, in_b);
  });
}

Result<std::optional<Call>> decided_differently(const Policy& a, const Policy& b) {
  if (auto error = incomparable(a, b)) return *std::move(error);
  DecisionDiagrams diagrams;
  const Actions actions = actions_for(Mode::kEnforce);
  const Node in_a = diagram_of(diagrams, a, actions);
  const Node in_b = diagram_of(diagrams, b, actions);
  if (diagrams.overflowed()) return too_large();
  const auto call = diagrams.difference(in_a, in_b);
  return call ? std::optional(to_call(*call)) : std::nullopt;
}

Result<bool> equal(const Policy& a, const Policy& b) {
  const Result<std::optional<Call>> call = decided_differently(a, b);
  if (!call.ok()) return call.error();
  return !call->has_value();
}

Result<std::vector<Call>> refused_differently(const Policy& a, const Policy& b) {
  if (auto error = incomparable(a, b)) return *std::move(error);
  DecisionDiagrams diagrams;
  std::vector<Call> calls;
  for (int number : numbers_of(a, b)) {
    const CallPolicy& in_a = call_policy(a, number);
    const CallPolicy& in_b = call_policy(b, number);
    if (same_refusal(in_a.refusal, in_b.refusal)) continue;
    const Node by_any = diagrams.either(granted(diagrams, in_a), granted(diagrams, in_b));
    const auto found = diagrams.difference(by_any, diagrams.truth());
    if (!found) continue;
    Call call = to_call(*found);
    call.audit_arch = audit_architecture(a.architecture());
    call.number = number;
    calls.push_back(call);
  }
  if (diagrams.overflowed()) return too_large();
  return calls;
}

Result<std::set<const Grant*>> redundant_grants(const Policy& policy) {
  GrantDiagrams diagrams;
  std::set<const Grant*> redundant;
  for (const auto& [number, call] : policy.calls()) {
    for (const Grant* grant : diagrams.covered_by_others(call)) redundant.insert(grant);
  }
  if (diagrams.overflowed()) return too_large();
  return redundant;
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
