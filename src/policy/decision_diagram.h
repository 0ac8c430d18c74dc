// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Functions from the bits of struct seccomp_data to a 32-bit action, as reduced ordered decision
// diagrams (Bryant, "Graph-Based Algorithms for Boolean Function Manipulation", 1986, with many
// terminals). Two functions are equal exactly when their node numbers are, whatever they were built
// from: that is what makes policies comparable and programs provable.
//
// The variables are the 512 bits of the structure. Their order is architecture, number, then the
// arguments from the first to the last; of a word the highest bit comes first, so that an ordered
// comparison has one node for each bit.
#ifndef QSBX_POLICY_DECISION_DIAGRAM_H_
#define QSBX_POLICY_DECISION_DIAGRAM_H_

#include <linux/seccomp.h>

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "src/policy/expression.h"

namespace qsbx {

class DecisionDiagrams {
 public:
  using Node = uint32_t;

  // Building stops at `limit` nodes: from then on overflowed() is true and results mean nothing.
  explicit DecisionDiagrams(size_t limit = 4'000'000);

  Node terminal(uint32_t value);
  Node truth() { return terminal(1); }
  Node falsehood() { return terminal(0); }

  // `condition` has the terminals 0 and 1.
  Node if_then_else(Node condition, Node yes, Node no);
  Node both(Node a, Node b) { return if_then_else(a, b, falsehood()); }
  Node either(Node a, Node b) { return if_then_else(a, truth(), b); }
  Node negation(Node a) { return if_then_else(a, falsehood(), truth()); }

  // Conditions on the 32-bit word at `offset` of struct seccomp_data, and-ed with `mask` first.
  Node word_equals(uint32_t offset, uint32_t mask, uint32_t value);
  Node word_greater(uint32_t offset, uint32_t mask, uint32_t value);
  // Any of the bits of `mask` set.
  Node word_intersects(uint32_t offset, uint32_t mask);

  uint32_t evaluate(Node node, const struct seccomp_data& call) const;

  // A call on which the two functions differ; nullopt when they are equal.
  std::optional<struct seccomp_data> difference(Node a, Node b) const;

  bool overflowed() const { return overflowed_; }
  size_t size() const { return nodes_.size(); }

 private:
  struct Entry {
    uint32_t variable;  // kTerminal for a terminal, whose value is in `high`
    Node low;
    Node high;
  };
  struct Key {
    uint64_t first;
    uint64_t second;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const;
  };

  Node make(uint32_t variable, Node low, Node high);
  Node cofactor(Node node, uint32_t variable, bool high) const;

  size_t limit_;
  bool overflowed_ = false;
  std::vector<Entry> nodes_;
  std::unordered_map<Key, Node, KeyHash> unique_;
  std::unordered_map<Key, Node, KeyHash> computed_;
};

}  // namespace qsbx

#endif
