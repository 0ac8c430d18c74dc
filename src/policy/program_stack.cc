// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/policy/program_stack.h"

#include <algorithm>

#include "src/bpf/program.h"
#include "src/policy/algebra.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

using Node = DecisionDiagrams::Node;

// As the kernel compares them (seccomp_run_filters() in kernel/seccomp.c): the lower, the stricter.
// KILL_PROCESS alone has the sign bit.
int32_t looseness(uint32_t action) {
  return static_cast<int32_t>(action & SECCOMP_RET_ACTION_FULL);
}

// Value by value of the older one: where it is the stricter, it replaces the newer one's.
Node stricter(DecisionDiagrams& diagrams, Node newer, Node older) {
  Node result = newer;
  for (const uint32_t value : diagrams.values(older)) {
    const Node newer_is_looser = diagrams.image(
        newer, [value](uint32_t other) { return looseness(value) < looseness(other) ? 1 : 0; });
    result = diagrams.if_then_else(diagrams.both(diagrams.where(older, value), newer_is_looser),
                                   diagrams.terminal(value), result);
  }
  return result;
}

bool comes_first(const StackAnswer& a, const StackAnswer& b) {
  if (lets_run(a.action) != lets_run(b.action)) return lets_run(a.action);
  return std::pair(looseness(a.action), a.action) < std::pair(looseness(b.action), b.action);
}

}  // namespace

uint32_t stricter_action(uint32_t newer, uint32_t older) {
  return looseness(older) < looseness(newer) ? older : newer;
}

bool lets_run(uint32_t action) {
  const uint32_t what = action & SECCOMP_RET_ACTION_FULL;
  return what == SECCOMP_RET_ALLOW || what == SECCOMP_RET_LOG;
}

ProgramStack::ProgramStack(Architecture architecture)
    : architecture_(architecture), effective_{diagrams_.terminal(SECCOMP_RET_ALLOW)} {}

void ProgramStack::add(Node program) {
  effective_.push_back(stricter(diagrams_, program, effective()));
  programs_.push_back(program);
}

Node ProgramStack::own_abi() {
  return diagrams_.both(
      diagrams_.word_equals(kArchitectureOffset, UINT32_MAX, audit_architecture(architecture_)),
      diagrams_.negation(diagrams_.word_greater(kNumberOffset, UINT32_MAX, kX32Bit - 1)));
}

StackAnswer ProgramStack::answer(const struct seccomp_data& call, size_t programs) const {
  StackAnswer strictest = {SECCOMP_RET_ALLOW, 0, to_call(call)};
  for (size_t i = 0; i < programs; ++i) {
    const uint32_t action = diagrams_.evaluate(programs_[i], call);
    if (i > 0 && stricter_action(action, strictest.action) != action) continue;
    strictest.action = action;
    strictest.program = i;
  }
  return strictest;
}

std::vector<StackAnswer> ProgramStack::answers_where(Node condition) {
  std::vector<StackAnswer> found;
  for (const uint32_t action : diagrams_.values(effective())) {
    const Node calls = diagrams_.both(condition, diagrams_.where(effective(), action));
    const auto example = diagrams_.difference(calls, diagrams_.falsehood());
    if (example) found.push_back(answer(*example, size()));
  }
  std::ranges::sort(found, comes_first);
  return found;
}

std::vector<StackAnswer> ProgramStack::answers(int number) {
  const uint32_t audit_arch = audit_architecture(architecture_);
  const Node of_call = diagrams_.of_call(effective(), audit_arch, number);
  std::vector<StackAnswer> found;
  for (const uint32_t action : diagrams_.values(of_call)) {
    auto example = diagrams_.difference(diagrams_.where(of_call, action), diagrams_.falsehood());
    if (!example) continue;
    example->arch = audit_arch;
    example->nr = number;
    found.push_back(answer(*example, size()));
  }
  std::ranges::sort(found, comes_first);
  return found;
}

std::vector<StackAnswer> ProgramStack::answers_to_unknown_numbers() {
  Node known = diagrams_.falsehood();
  for (const Syscall& call : syscalls(architecture_)) {
    known = diagrams_.either(
        diagrams_.word_equals(kNumberOffset, UINT32_MAX, static_cast<uint32_t>(call.number)),
        known);
  }
  return answers_where(diagrams_.both(own_abi(), diagrams_.negation(known)));
}

std::vector<StackAnswer> ProgramStack::answers_to_foreign_calls() {
  return answers_where(diagrams_.negation(own_abi()));
}

void ProgramStack::add_useless(std::vector<UselessGrant>& found, size_t program, int number,
                               Node granted, const Grant* grant) {
  const uint32_t audit_arch = audit_architecture(architecture_);
  const Node denied = diagrams_.image(diagrams_.of_call(effective_[program], audit_arch, number),
                                      [](uint32_t action) { return lets_run(action) ? 0 : 1; });
  const Node useless = diagrams_.both(granted, denied);
  auto example = diagrams_.difference(useless, diagrams_.falsehood());
  if (!example) return;
  example->arch = audit_arch;
  example->nr = number;
  found.push_back({number, grant, useless == granted, answer(*example, program)});
}

std::vector<UselessGrant> ProgramStack::useless_grants(size_t program, const Policy& policy) {
  std::vector<UselessGrant> found;
  for (const auto& [number, call] : policy.calls()) {
    for (const Grant& grant : call.grants) {
      add_useless(found, program, number, diagram_of(diagrams_, grant.condition), &grant);
    }
  }
  return found;
}

std::vector<UselessGrant> ProgramStack::useless_grants(size_t program) {
  std::vector<UselessGrant> found;
  for (const Syscall& call : syscalls(architecture_)) {
    const Node granted = diagrams_.image(
        diagrams_.of_call(programs_[program], audit_architecture(architecture_), call.number),
        [](uint32_t action) { return lets_run(action) ? 1 : 0; });
    add_useless(found, program, call.number, granted, nullptr);
  }
  return found;
}

Status ProgramStack::check_size() const {
  if (!diagrams_.overflowed()) return Done{};
  return Error{ErrorCode::kPolicy,
               "the programs are too large to be held against each other; conditions that combine "
               "masks of several arguments are what costs most, write them with fewer bits"};
}

}  // namespace qsbx
