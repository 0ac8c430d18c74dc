// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The policy as tests on 32-bit words of struct seccomp_data: what stands between expressions and
// instructions.
//
// Nodes are shared: asking for the same node twice gives the same ID. A node's successors are made
// before it, so IDs are a topological order, and a test whose outcomes are alike is never made.
#ifndef QSBX_COMPILE_DECISION_DAG_H_
#define QSBX_COMPILE_DECISION_DAG_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

namespace qsbx {

enum class WordTest { kEqual, kGreaterEqual, kIntersects };

// What is in BPF's accumulator when the test is made.
struct Word {
  uint32_t offset;
  uint32_t mask;

  bool operator==(const Word&) const = default;
};

class DecisionDag {
 public:
  using Id = uint32_t;

  struct Node {
    bool is_action;
    uint32_t action;  // is_action
    Word word;        // the rest: if `word` `test` `constant` then `yes` else `no`
    WordTest test;
    uint32_t constant;
    Id yes;
    Id no;

    // Whether the word of a test, which need not be masked yet, goes on to `yes`.
    bool holds_for(uint32_t value) const;
  };

  Id action(uint32_t value);
  Id test(Word word, WordTest test, uint32_t constant, Id yes, Id no);

  const Node& node(Id id) const { return nodes_[id]; }
  size_t size() const { return nodes_.size(); }

 private:
  using Key = std::tuple<uint32_t, uint32_t, int, uint32_t, Id, Id>;

  std::vector<Node> nodes_;
  std::map<uint32_t, Id> actions_;
  std::map<Key, Id> tests_;
};

}  // namespace qsbx

#endif
