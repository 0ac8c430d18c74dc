// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Instructions are made from the last to the first. All jumps go forward, so what a jump leads to
// is already there, and how far it is never changes. A conditional jump reaches 255 instructions:
// what is farther gets a return of its own, or an unconditional jump in between.
//
// A test needs its word in the accumulator. Its code is load, mask, jump; whoever comes with the
// right contents already enters at the jump, or at the mask when only that is missing.
#include "src/compile/emit.h"

#include <algorithm>

namespace qsbx {
namespace {

using Id = DecisionDag::Id;

constexpr uint32_t kWordMax = 0xffffffff;
constexpr size_t kReach = 255;

Instruction statement(uint16_t code, uint32_t k) { return {code, 0, 0, k}; }

uint16_t opcode(WordTest test) {
  switch (test) {
    case WordTest::kEqual:
      return BPF_JMP | BPF_JEQ | BPF_K;
    case WordTest::kGreater:
      return BPF_JMP | BPF_JGT | BPF_K;
    case WordTest::kGreaterEqual:
      return BPF_JMP | BPF_JGE | BPF_K;
    case WordTest::kIntersects:
      return BPF_JMP | BPF_JSET | BPF_K;
  }
  return 0;
}

class Emitter {
 public:
  explicit Emitter(const DecisionDag& dag) : dag_(dag), places_(dag.size()) {}

  Program emit(Id root) {
    const std::vector<bool> reachable = reachable_from(root);
    for (Id id = 0; id <= root; id++) {
      if (reachable[id]) emit_node(id);
    }
    std::reverse(backwards_.begin(), backwards_.end());
    return std::move(backwards_);
  }

 private:
  // Indices into backwards_: larger is earlier in the program.
  struct Places {
    size_t load;
    size_t mask;
    size_t jump;
  };

  std::vector<bool> reachable_from(Id root) const {
    std::vector<bool> reachable(dag_.size(), false);
    reachable[root] = true;
    for (Id id = root + 1; id-- > 0;) {
      if (!reachable[id] || dag_.node(id).is_action) continue;
      reachable[dag_.node(id).yes] = true;
      reachable[dag_.node(id).no] = true;
    }
    return reachable;
  }

  size_t push(Instruction instruction) {
    backwards_.push_back(instruction);
    return backwards_.size() - 1;
  }

  void emit_node(Id id) {
    const DecisionDag::Node& node = dag_.node(id);
    if (node.is_action) {
      const size_t place = push(statement(BPF_RET | BPF_K, node.action));
      places_[id] = {place, place, place};
      return;
    }
    Places places;
    places.jump = emit_jump(node);
    places.mask = node.word.mask == kWordMax
                      ? places.jump
                      : push(statement(BPF_ALU | BPF_AND | BPF_K, node.word.mask));
    places.load = push(statement(BPF_LD | BPF_W | BPF_ABS, node.word.offset));
    places_[id] = places;
  }

  size_t emit_jump(const DecisionDag::Node& node) {
    const size_t no = within_reach(node.no, node.word, kReach - 1);
    const size_t yes = within_reach(node.yes, node.word, kReach);
    const size_t here = backwards_.size();
    return push({opcode(node.test), static_cast<uint8_t>(here - 1 - yes),
                 static_cast<uint8_t>(here - 1 - no), node.constant});
  }

  // Where to jump from the next instruction, at most `reach` away.
  size_t within_reach(Id target, const Word& contents, size_t reach) {
    const size_t entry = entry_of(target, contents);
    const size_t distance = backwards_.size() - 1 - entry;
    if (distance <= reach) return entry;
    const DecisionDag::Node& node = dag_.node(target);
    if (node.is_action) {
      const size_t copy = push(statement(BPF_RET | BPF_K, node.action));
      places_[target] = {copy, copy, copy};
      return copy;
    }
    return push(statement(BPF_JMP | BPF_JA, static_cast<uint32_t>(distance)));
  }

  size_t entry_of(Id target, const Word& contents) const {
    const DecisionDag::Node& node = dag_.node(target);
    const Places& places = places_[target];
    if (node.is_action || node.word == contents) return places.jump;
    const bool same_word = node.word.offset == contents.offset && contents.mask == kWordMax;
    return same_word ? places.mask : places.load;
  }

  const DecisionDag& dag_;
  std::vector<Places> places_;
  Program backwards_;
};

}  // namespace

Program emit(const DecisionDag& dag, Id root) { return Emitter(dag).emit(root); }

}  // namespace qsbx
