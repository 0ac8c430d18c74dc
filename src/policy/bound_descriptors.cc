// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/policy/bound_descriptors.h"

#include <errno.h>

#include <algorithm>
#include <string_view>

#include "src/errors/text.h"
#include "src/policy/algebra.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

using Kind = ExpressionNode::Kind;

const Origin kBound = {"libqsbx", "bound descriptors", 0};

// What the call closes, or puts another descriptor in the place of: from one argument to another.
// Without its bit CLOSE_RANGE_CLOEXEC close_range closes; with it, the descriptor is lost to a
// program that is started, which is refused as well.
struct Closing {
  std::string_view call;
  int first;
  int last;
};
constexpr Closing kClosing[] = {
    {"close", 0, 0}, {"dup2", 1, 1}, {"dup3", 1, 1}, {"close_range", 0, 1}};

// net/tap.c: tap_cleanup; hw/virtio/vhost-backend.c: vhost_kernel_cleanup. KVM's stay open until
// the process ends (accel/kvm/kvm-all.c: kvm_destroy_vcpu parks them).
bool is_closed_at_the_end(DescriptorKind kind) {
  return kind == DescriptorKind::kTap || kind == DescriptorKind::kVhost;
}

std::set<int> all_numbers(const Descriptors& bound) {
  std::set<int> all;
  for (const auto& [kind, numbers] : bound) all.insert(numbers.begin(), numbers.end());
  return all;
}

Operand operand_of(const Syscall& call, int argument) {
  const SyscallArgument& of = call.arguments[static_cast<size_t>(argument)];
  return {argument, of.bits, of.is_signed, ~uint64_t{0}};
}

Expression is_one_of(const Operand& operand, const std::set<int>& numbers) {
  std::vector<ValueRange> ranges;
  for (const int number : numbers) {
    const auto value = static_cast<uint64_t>(number);
    ranges.push_back({value, value});
  }
  return Expression::in(operand, std::move(ranges));
}

// Of a range from one argument to another: begins at the number or below, and ends there or above.
Expression lies_between(const Operand& first, const Operand& last, int number) {
  const auto value = static_cast<uint64_t>(number);
  return Expression::all_of({Expression::compare(first, Comparator::kLessEqual, value),
                             Expression::compare(last, Comparator::kGreaterEqual, value)});
}

Expression closes_one_of(const Syscall& call, const Closing& closing,
                         const std::set<int>& numbers) {
  const Operand first = operand_of(call, closing.first);
  const Operand last = operand_of(call, closing.last);
  if (first == last) return is_one_of(first, numbers);
  std::vector<Expression> any;
  for (const int number : numbers) any.push_back(lies_between(first, last, number));
  return Expression::any_of(std::move(any));
}

void collect_kinds(const Expression& condition, std::set<DescriptorKind>& kinds) {
  const ExpressionNode& node = condition.node();
  if (node.kind == Kind::kIn && node.descriptors) kinds.insert(*node.descriptors);
  for (const Expression& term : node.terms) collect_kinds(term, kinds);
}

Expression bound_test(const ExpressionNode& node, const Expression& condition,
                      const Descriptors& bound) {
  if (!node.descriptors) return condition;
  const auto found = bound.find(*node.descriptors);
  return found == bound.end() ? condition : is_one_of(node.operand, found->second);
}

void refuse_quietly(Policy& policy, const Descriptors& bound) {
  const bool closed_at_the_end = std::ranges::any_of(bound, [](const auto& entry) {
    return is_closed_at_the_end(entry.first) && !entry.second.empty();
  });
  const Syscall* close = find_syscall(policy.architecture(), "close");
  const auto present = policy.calls().find(close->number);
  const bool has_errno = present != policy.calls().end() && present->second.refusal;
  // What is not in conflict with another errno cannot fail.
  if (closed_at_the_end && !has_errno) (void)policy.refuse(close->number, {EPERM, kBound});
}

// The descriptors that the policy lets the recorded call have, perhaps none.
std::vector<Call> granted_variants(const Call& recorded, const Policy& policy,
                                   const std::set<int>& numbers) {
  std::vector<Call> granted;
  for (const int number : numbers) {
    Call call = recorded;
    call.arguments[0] = static_cast<uint64_t>(number);
    if (evaluate(policy, call).verdict == Verdict::kAllow) granted.push_back(call);
  }
  return granted;
}

}  // namespace

std::set<DescriptorKind> kinds_in(const Expression& condition) {
  std::set<DescriptorKind> kinds;
  collect_kinds(condition, kinds);
  return kinds;
}

std::set<DescriptorKind> kinds_in(const Policy& policy) {
  std::set<DescriptorKind> kinds;
  for (const auto& [number, call] : policy.calls()) {
    for (const Grant& grant : call.grants) collect_kinds(grant.condition, kinds);
  }
  return kinds;
}

std::string unbound_note(const std::set<DescriptorKind>& kinds) {
  std::vector<std::string> names;
  for (const DescriptorKind kind : kinds) {
    names.push_back("fds(" + std::string(descriptor_kind_name(kind)) + ")");
  }
  if (names.empty()) return "";
  return joined(names) + (names.size() == 1 ? " is" : " are") +
         " any descriptor here, and at lockdown the numbers that the process has of the kind";
}

// A negation stays as it is, which grants no more: no rule has fds() there.
Expression bind_descriptors(const Expression& condition, const Descriptors& bound) {
  const ExpressionNode& node = condition.node();
  if (node.kind == Kind::kIn) return bound_test(node, condition, bound);
  if (node.kind != Kind::kAll && node.kind != Kind::kAny) return condition;
  std::vector<Expression> terms;
  for (const Expression& term : node.terms) terms.push_back(bind_descriptors(term, bound));
  return node.kind == Kind::kAll ? Expression::all_of(std::move(terms))
                                 : Expression::any_of(std::move(terms));
}

Policy bind_descriptors(const Policy& policy, const Descriptors& bound) {
  const auto closing = closing_conditions(policy.architecture(), bound);
  Policy result(policy.architecture());
  for (const auto& [number, call] : policy.calls()) {
    const auto closes = closing.find(number);
    for (Grant grant : call.grants) {
      grant.condition = bind_descriptors(grant.condition, bound);
      if (closes != closing.end()) {
        grant.condition =
            Expression::all_of({grant.condition, Expression::negation(closes->second)});
      }
      result.grant(number, std::move(grant));
    }
    if (call.refusal) (void)result.refuse(number, *call.refusal);
  }
  refuse_quietly(result, bound);
  return result;
}

std::map<int, Expression> closing_conditions(Architecture architecture, const Descriptors& bound) {
  const std::set<int> numbers = all_numbers(bound);
  std::map<int, Expression> conditions;
  for (const Closing& closing : kClosing) {
    const Syscall* call = find_syscall(architecture, closing.call);
    if (call == nullptr || numbers.empty()) continue;
    conditions.emplace(call->number, closes_one_of(*call, closing, numbers));
  }
  return conditions;
}

Status check_protects(const Policy& policy, const Descriptors& bound) {
  Policy closing(policy.architecture());
  for (const auto& [number, condition] : closing_conditions(policy.architecture(), bound)) {
    closing.grant(number, {condition, kBound});
  }
  auto both = granted_by_both(policy, closing);
  if (!both) return std::move(both).error();
  if (!*both) return Done{};
  const Decision decision = evaluate(policy, **both);
  return Error{
      ErrorCode::kPolicy,
      call_name((*both)->number, policy.architecture()) +
          " could close or replace a descriptor that rules are bound to: it is granted at " +
          (decision.origin == nullptr ? "an unknown place" : decision.origin->to_string())};
}

std::vector<WeightedCall> on_bound_descriptors(const std::vector<WeightedCall>& recorded,
                                               const Policy& policy, const Descriptors& bound) {
  const std::set<int> numbers = all_numbers(bound);
  std::vector<WeightedCall> moved;
  for (const WeightedCall& call : recorded) {
    const std::vector<Call> variants = evaluate(policy, call.call).verdict == Verdict::kAllow
                                           ? std::vector<Call>{call.call}
                                           : granted_variants(call.call, policy, numbers);
    if (variants.empty()) moved.push_back(call);
    const uint64_t each =
        variants.empty() ? 0 : std::max<uint64_t>(call.count / variants.size(), 1);
    for (const Call& variant : variants) moved.push_back({variant, each});
  }
  return moved;
}

}  // namespace qsbx
