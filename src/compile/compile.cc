// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/compile/compile.h"

#include "src/compile/condition.h"
#include "src/compile/decision_dag.h"
#include "src/compile/emit.h"

namespace qsbx {
namespace {

using Id = DecisionDag::Id;

constexpr uint32_t kWordMax = 0xffffffff;
constexpr Word kNumber = {kNumberOffset, kWordMax};
constexpr Word kAuditArchitecture = {kArchitectureOffset, kWordMax};

// Numbers from `first` up to the next span's, which all go on to `target`.
struct Span {
  uint32_t first;
  Id target;
};

class PolicyCompiler {
 public:
  PolicyCompiler(const Policy& policy, const Actions& actions)
      : policy_(policy), actions_(actions), deny_(dag_.action(actions.deny)) {}

  Program compile() {
    const std::vector<Span> spans = number_spans();
    const Id dispatch = dispatch_on_number(spans, 0, spans.size());
    const Id root =
        dag_.test(kAuditArchitecture, WordTest::kEqual, audit_architecture(policy_.architecture()),
                  dispatch, dag_.action(actions_.foreign));
    return emit(dag_, root);
  }

 private:
  Id lower_call(const CallPolicy& call) {
    const Id allow = dag_.action(SECCOMP_RET_ALLOW);
    const Decision refused = call.refusal ? Decision{Verdict::kErrno, call.refusal->error, nullptr,
                                                     call.refusal->reported}
                                          : Decision{Verdict::kDeny};
    return lower_condition(dag_, call.condition(), allow,
                           dag_.action(actions_.action_for(refused)));
  }

  // The axis of numbers, cut where what happens changes.
  std::vector<Span> number_spans() {
    std::vector<Span> spans = {{0, deny_}};
    for (const auto& [number, call] : policy_.calls()) {
      const uint32_t unsigned_number = static_cast<uint32_t>(number);
      append(spans, {unsigned_number, lower_call(call)});
      append(spans, {unsigned_number + 1, deny_});
    }
    append(spans, {kX32Bit, dag_.action(actions_.foreign)});
    return spans;
  }

  static void append(std::vector<Span>& spans, Span span) {
    if (spans.back().first == span.first) spans.pop_back();
    if (spans.empty() || spans.back().target != span.target) spans.push_back(span);
  }

  Id dispatch_on_number(const std::vector<Span>& spans, size_t first, size_t last) {
    if (last - first == 1) return spans[first].target;
    if (is_one_number_apart(spans, first, last)) {
      return dag_.test(kNumber, WordTest::kEqual, spans[first + 1].first, spans[first + 1].target,
                       spans[first].target);
    }
    const size_t middle = first + (last - first) / 2;
    const Id upper = dispatch_on_number(spans, middle, last);
    const Id lower = dispatch_on_number(spans, first, middle);
    return dag_.test(kNumber, WordTest::kGreaterEqual, spans[middle].first, upper, lower);
  }

  // A single number between two spans that go on alike takes one test for equality.
  static bool is_one_number_apart(const std::vector<Span>& spans, size_t first, size_t last) {
    return last - first == 3 && spans[first].target == spans[first + 2].target &&
           spans[first + 2].first == spans[first + 1].first + 1;
  }

  const Policy& policy_;
  const Actions& actions_;
  DecisionDag dag_;
  Id deny_;
};

}  // namespace

Result<Program> compile(const Policy& policy, const Actions& actions) {
  if (policy.empty()) {
    return Error{ErrorCode::kPolicy,
                 "the policy grants nothing; a process under it could not even exit"};
  }
  Program program = PolicyCompiler(policy, actions).compile();
  if (program.size() > BPF_MAXINSNS) {
    return Error{ErrorCode::kProgram, "the policy needs " + std::to_string(program.size()) +
                                          " instructions; the kernel takes " +
                                          std::to_string(BPF_MAXINSNS)};
  }
  return program;
}

}  // namespace qsbx
