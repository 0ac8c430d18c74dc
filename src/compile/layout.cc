// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the order is worth: the kernel turns a conditional jump into one instruction when one of its
// outcomes follows it, and into two when none does, or when it is JSET and the one that follows is
// "yes" (net/core/filter.c, bpf_convert_filter()). So the likelier outcome of each test is placed
// behind it wherever nothing else has claimed the place. The order is a depth-first one, which is
// greedy, not optimal.
#include "src/compile/layout.h"

#include <algorithm>

#include "src/bpf/program.h"

namespace qsbx {
namespace {

using Id = DecisionDag::Id;
using Node = DecisionDag::Node;

// A test is hot when at least this part of the recorded calls comes by.
constexpr double kHotPart = 1.0 / 64;

uint32_t word_of(const Call& call, uint32_t offset) {
  if (offset == kNumberOffset) return static_cast<uint32_t>(call.number);
  if (offset == kArchitectureOffset) return call.audit_arch;
  const uint64_t argument = call.arguments[(offset - kArgumentsOffset) / 8];
  return static_cast<uint32_t>(offset % 8 == 0 ? argument : argument >> 32);
}

class LayingOut {
 public:
  LayingOut(const DecisionDag& dag, Id root) : dag_(dag), root_(root), came_by_(dag.size()) {}

  Layout lay_out(const std::vector<WeightedCall>& calls) {
    for (const WeightedCall& call : calls) follow(call);
    judge_outcomes(calls);
    order_from_root();
    return std::move(layout_);
  }

 private:
  struct Counts {
    double yes = 0;
    double no = 0;
  };

  void follow(const WeightedCall& call) {
    for (Id id = root_; !dag_.node(id).is_action;) {
      const Node& node = dag_.node(id);
      const bool yes = node.holds_for(word_of(call.call, node.word.offset));
      (yes ? came_by_[id].yes : came_by_[id].no) += static_cast<double>(call.count);
      id = yes ? node.yes : node.no;
    }
  }

  // Where no call came by, calls are expected to be allowed rather than refused, and refused with
  // an errno rather than ended.
  void judge_outcomes(const std::vector<WeightedCall>& calls) {
    double all = 0;
    for (const WeightedCall& call : calls) all += static_cast<double>(call.count);
    std::vector<uint32_t> mildest(dag_.size());
    layout_.expects_yes.resize(dag_.size());
    layout_.is_hot.resize(dag_.size());
    for (Id id = 0; id < dag_.size(); id++) {
      const Node& node = dag_.node(id);
      mildest[id] = node.is_action ? node.action : std::max(mildest[node.yes], mildest[node.no]);
      if (node.is_action) continue;
      const auto [yes, no] = came_by_[id];
      layout_.expects_yes[id] = yes != no ? yes > no : mildest[node.yes] > mildest[node.no];
      layout_.is_hot[id] = yes + no > 0 && yes + no >= all * kHotPart;
    }
  }

  // Depth first from the back: what is placed last stands directly behind the test.
  void order_from_root() {
    std::vector<bool> placed(dag_.size(), false);
    std::vector<Id> pending = {root_};
    while (!pending.empty()) {
      const Id id = pending.back();
      const Node& node = dag_.node(id);
      const bool is_done = node.is_action || placed[id];
      const Id first = is_done || layout_.expects_yes[id] ? node.no : node.yes;
      const Id second = is_done || layout_.expects_yes[id] ? node.yes : node.no;
      if (!is_done && needs_place(first, placed)) {
        pending.push_back(first);
      } else if (!is_done && needs_place(second, placed)) {
        pending.push_back(second);
      } else {
        pending.pop_back();
        if (is_done) continue;
        placed[id] = true;
        layout_.order.push_back(id);
      }
    }
    std::reverse(layout_.order.begin(), layout_.order.end());
  }

  bool needs_place(Id id, const std::vector<bool>& placed) const {
    return !dag_.node(id).is_action && !placed[id];
  }

  const DecisionDag& dag_;
  Id root_;
  std::vector<Counts> came_by_;
  Layout layout_;
};

}  // namespace

Layout lay_out(const DecisionDag& dag, Id root, const std::vector<WeightedCall>& calls) {
  return LayingOut(dag, root).lay_out(calls);
}

}  // namespace qsbx
