// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Instructions are made from the last to the first. All jumps go forward, so what a jump leads to
// is already there, and how far it is never changes. A conditional jump reaches 255 instructions:
// what is farther gets a return of its own, or an unconditional jump in between.
//
// A test needs its word in the accumulator. Its code is load, mask, jump; whoever comes with the
// right contents already enters at the jump, or at the mask when only that is missing, and what
// nobody enters at is left out. What each test is come to with is found from the first to the last
// beforehand.
#include "src/compile/emit.h"

#include <algorithm>
#include <map>
#include <optional>

namespace qsbx {
namespace {

using Id = DecisionDag::Id;
using Node = DecisionDag::Node;

constexpr uint32_t kWordMax = 0xffffffff;
constexpr size_t kReach = 255;

// What is in the accumulator, where that is known.
using Contents = std::optional<Word>;

enum class Entry { kLoad, kMask, kJump };

Instruction statement(uint16_t code, uint32_t k) { return {code, 0, 0, k}; }

uint16_t opcode(WordTest test) {
  switch (test) {
    case WordTest::kEqual:
      return BPF_JMP | BPF_JEQ | BPF_K;
    case WordTest::kGreaterEqual:
      return BPF_JMP | BPF_JGE | BPF_K;
    case WordTest::kIntersects:
      return BPF_JMP | BPF_JSET | BPF_K;
  }
  return 0;
}

// JSET looks at the bits of its constant, whatever else has been masked.
bool takes_any_mask(const Node& node) { return node.test == WordTest::kIntersects; }

Word needed(const Node& node) {
  return {node.word.offset, takes_any_mask(node) ? kWordMax : node.word.mask};
}

Entry entry_with(const Node& node, const Contents& contents) {
  if (!contents || contents->offset != node.word.offset) return Entry::kLoad;
  if (takes_any_mask(node)) {
    return (node.constant & ~contents->mask) == 0 ? Entry::kJump : Entry::kLoad;
  }
  if (contents->mask == node.word.mask) return Entry::kJump;
  return contents->mask == kWordMax ? Entry::kMask : Entry::kLoad;
}

class Emitter {
 public:
  Emitter(const DecisionDag& dag, const Layout& layout)
      : dag_(dag), layout_(layout), tests_(dag.size()) {}

  Program emit(Id root) {
    if (dag_.node(root).is_action) return {statement(BPF_RET | BPF_K, dag_.node(root).action)};
    find_entries(root);
    for (auto id = layout_.order.rbegin(); id != layout_.order.rend(); ++id) emit_test(*id);
    std::reverse(backwards_.begin(), backwards_.end());
    return std::move(backwards_);
  }

 private:
  // Indices into backwards_: larger is earlier in the program.
  struct Test {
    bool is_loaded = false;
    bool is_masked = false;
    bool is_entered = false;
    Contents at_jump;  // what all who enter have in the accumulator there
    size_t load = 0;
    size_t mask = 0;
    size_t jump = 0;
  };

  void find_entries(Id root) {
    enter(root, std::nullopt);
    for (const Id id : layout_.order) {
      const Contents contents = tests_[id].at_jump;
      enter(dag_.node(id).yes, contents);
      enter(dag_.node(id).no, contents);
    }
  }

  void enter(Id id, const Contents& contents) {
    const Node& node = dag_.node(id);
    if (node.is_action) return;
    Test& test = tests_[id];
    const Entry entry = entry_with(node, contents);
    test.is_loaded |= entry == Entry::kLoad;
    test.is_masked |= entry != Entry::kJump && needed(node).mask != kWordMax;
    const Contents at_jump = entry == Entry::kJump ? contents : needed(node);
    test.at_jump = !test.is_entered || test.at_jump == at_jump ? at_jump : std::nullopt;
    test.is_entered = true;
  }

  size_t push(Instruction instruction) {
    backwards_.push_back(instruction);
    return backwards_.size() - 1;
  }

  void emit_test(Id id) {
    const Node& node = dag_.node(id);
    Test& test = tests_[id];
    test.jump = emit_jump(id);
    if (test.is_masked) test.mask = push(statement(BPF_ALU | BPF_AND | BPF_K, node.word.mask));
    if (test.is_loaded) test.load = push(statement(BPF_LD | BPF_W | BPF_ABS, node.word.offset));
  }

  // The likelier outcome is brought into reach last, which is where it follows the jump.
  size_t emit_jump(Id id) {
    const Node& node = dag_.node(id);
    const bool expects_yes = layout_.expects_yes[id];
    const Contents& contents = tests_[id].at_jump;
    const size_t unlikely = within_reach(expects_yes ? node.no : node.yes, contents, kReach - 1);
    const Id likely_id = expects_yes ? node.yes : node.no;
    size_t likely = within_reach(likely_id, contents, kReach);
    const bool nothing_follows = std::max(likely, unlikely) + 1 < backwards_.size();
    if (nothing_follows && layout_.is_hot[id] && dag_.node(likely_id).is_action) {
      likely = push_return(dag_.node(likely_id).action);
    }
    const size_t here = backwards_.size();
    const size_t yes = expects_yes ? likely : unlikely;
    const size_t no = expects_yes ? unlikely : likely;
    return push({opcode(node.test), static_cast<uint8_t>(here - 1 - yes),
                 static_cast<uint8_t>(here - 1 - no), node.constant});
  }

  // Where to jump from the next instruction, at most `reach` away.
  size_t within_reach(Id target, const Contents& contents, size_t reach) {
    const Node& node = dag_.node(target);
    if (node.is_action) return return_within_reach(node.action, reach);
    const size_t entry = place_of(target, contents);
    const size_t distance = backwards_.size() - 1 - entry;
    if (distance <= reach) return entry;
    return push(statement(BPF_JMP | BPF_JA, static_cast<uint32_t>(distance)));
  }

  size_t return_within_reach(uint32_t action, size_t reach) {
    const auto known = returns_.find(action);
    const bool reached = known != returns_.end() && backwards_.size() - 1 - known->second <= reach;
    return reached ? known->second : push_return(action);
  }

  size_t push_return(uint32_t action) {
    return returns_[action] = push(statement(BPF_RET | BPF_K, action));
  }

  size_t place_of(Id target, const Contents& contents) const {
    const Test& test = tests_[target];
    switch (entry_with(dag_.node(target), contents)) {
      case Entry::kLoad:
        return test.load;
      case Entry::kMask:
        return test.mask;
      case Entry::kJump:
        break;
    }
    return test.jump;
  }

  const DecisionDag& dag_;
  const Layout& layout_;
  std::vector<Test> tests_;
  std::map<uint32_t, size_t> returns_;  // the nearest of each action
  Program backwards_;
};

}  // namespace

Program emit(const DecisionDag& dag, Id root, const Layout& layout) {
  return Emitter(dag, layout).emit(root);
}

}  // namespace qsbx
