// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/compile/compile.h"

#include <algorithm>

#include "src/compile/decision_dag.h"
#include "src/compile/emit.h"
#include "src/compile/layout.h"
#include "src/compile/lower.h"
#include "src/compile/search_tree.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

using Id = DecisionDag::Id;

constexpr uint32_t kWordMax = 0xffffffff;
constexpr Word kNumber = {kNumberOffset, kWordMax};
constexpr Word kAuditArchitecture = {kArchitectureOffset, kWordMax};

// The kernel emulates a program once for each system call when it is installed
// (seccomp_cache_prepare()), which is what dispatching the numbers of no recorded call costs.
constexpr double kEmulation = 1;
// All the recorded calls together, which so are what decides.
constexpr double kRecorded = 1e6;
// Calls that are granted whatever their arguments are answered from the kernel's bitmap, unless
// another program on the stack looks at their arguments: then this one runs too.
constexpr uint64_t kRunsPerBitmapHit = 64;
// An instruction is worth making if 15 numbers are emulated with one instruction less each.
constexpr TestPrice kPrice = 15;

class PolicyCompiler {
 public:
  PolicyCompiler(const Policy& policy, const Actions& actions,
                 const std::vector<WeightedCall>& recorded)
      : policy_(policy), actions_(actions), deny_(dag_.action(actions.deny)) {
    for (const WeightedCall& call : recorded) {
      const uint64_t runs = call.count / (is_unconditional(call.call) ? kRunsPerBitmapHit : 1);
      if (runs == 0 || !is_granted(call.call)) continue;
      recorded_.push_back({call.call, runs});
      total_recorded_ += static_cast<double>(runs);
    }
  }

  Program compile() {
    const Id dispatch = search_tree(dag_, kNumber, number_spans(), kPrice);
    const Id root =
        dag_.test(kAuditArchitecture, WordTest::kEqual, audit_architecture(policy_.architecture()),
                  dispatch, dag_.action(actions_.foreign));
    return emit(dag_, root, lay_out(dag_, root, recorded_));
  }

 private:
  // Calls that are not were recorded on another kind of machine.
  bool is_granted(const Call& call) const {
    return evaluate(policy_, call).verdict == Verdict::kAllow;
  }

  bool is_unconditional(const Call& call) const {
    const auto entry = policy_.calls().find(call.number);
    return entry != policy_.calls().end() && entry->second.is_unconditional();
  }

  std::vector<WeightedArguments> recorded_of(int number) const {
    std::vector<WeightedArguments> recorded;
    for (const auto& [call, count] : recorded_) {
      if (call.number != number) continue;
      const double part = static_cast<double>(count) / total_recorded_;
      recorded.push_back({&call.arguments, part * kRecorded});
    }
    return recorded;
  }

  Span span_of(int number, const CallPolicy& call) {
    const std::vector<WeightedArguments> recorded = recorded_of(number);
    double weight = kEmulation;
    for (const WeightedArguments& arguments : recorded) weight += arguments.weight;
    return {static_cast<uint32_t>(number), lower_call(call, recorded), weight};
  }

  Id lower_call(const CallPolicy& call, const std::vector<WeightedArguments>& recorded) {
    const Id allow = dag_.action(SECCOMP_RET_ALLOW);
    const Decision refused = call.refusal ? Decision{Verdict::kErrno, call.refusal->error, nullptr,
                                                     call.refusal->reported}
                                          : Decision{Verdict::kDeny};
    return lower_condition(dag_, call.condition(), allow, dag_.action(actions_.action_for(refused)),
                           recorded);
  }

  // The axis of numbers, cut where what happens changes.
  std::vector<Span> number_spans() {
    std::vector<Span> spans;
    uint32_t next = 0;
    for (const auto& [number, call] : policy_.calls()) {
      const uint32_t here = static_cast<uint32_t>(number);
      if (here > next) spans.push_back({next, deny_, kEmulation * (here - next)});
      spans.push_back(span_of(number, call));
      next = here + 1;
    }
    spans.push_back({next, deny_, kEmulation});
    spans.push_back({kX32Bit, dag_.action(actions_.foreign), 0});
    return spans;
  }

  const Policy& policy_;
  const Actions& actions_;
  std::vector<WeightedCall> recorded_;
  double total_recorded_ = 0;
  DecisionDag dag_;
  Id deny_;
};

struct CallSize {
  size_t instructions;
  int number;
};

// Each call compiled by itself, the largest first. In the whole program they share tests and
// answers, and take some instructions to be told apart.
std::vector<CallSize> call_sizes(const Policy& policy, const Actions& actions) {
  std::vector<CallSize> sizes;
  for (const auto& [number, call] : policy.calls()) {
    Policy alone(policy.architecture());
    for (const Grant& grant : call.grants) alone.grant(number, grant);
    sizes.push_back({PolicyCompiler(alone, actions, {}).compile().size(), number});
  }
  std::stable_sort(sizes.begin(), sizes.end(), [](const CallSize& a, const CallSize& b) {
    return a.instructions > b.instructions;
  });
  return sizes;
}

Error too_large(size_t instructions, const Policy& policy, const Actions& actions) {
  constexpr size_t kNamed = 5;
  std::string largest;
  const std::vector<CallSize> sizes = call_sizes(policy, actions);
  for (size_t i = 0; i < std::min(kNamed, sizes.size()); ++i) {
    const Syscall* call = find_syscall(policy.architecture(), sizes[i].number);
    largest += (i == 0 ? "" : ", ") +
               (call == nullptr ? std::to_string(sizes[i].number) : std::string(call->name)) +
               " (" + std::to_string(sizes[i].instructions) + ")";
  }
  return {ErrorCode::kProgram,
          "the policy needs " + std::to_string(instructions) + " instructions, " +
              std::to_string(instructions - BPF_MAXINSNS) + " too many: the kernel takes " +
              std::to_string(BPF_MAXINSNS) + "; compiled alone, the largest calls are " + largest +
              "; write their conditions with ranges or masks instead of many values"};
}

}  // namespace

Result<Program> compile(const Policy& policy, const Actions& actions,
                        const std::vector<WeightedCall>& recorded) {
  if (policy.empty()) {
    return Error{ErrorCode::kPolicy,
                 "the policy grants nothing; a process under it could not even exit"};
  }
  Program program = PolicyCompiler(policy, actions, recorded).compile();
  if (program.size() > BPF_MAXINSNS) return too_large(program.size(), policy, actions);
  return program;
}

}  // namespace qsbx
