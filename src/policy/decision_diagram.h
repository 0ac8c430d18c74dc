// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Functions from the bits of struct seccomp_data to a 32-bit action, as reduced ordered decision
// diagrams (Bryant, "Graph-Based Algorithms for Boolean Function Manipulation", 1986, with many
// terminals). Two functions are equal exactly when their node numbers are, whatever they were built
// from: that is what makes policies comparable and programs provable.
//
// The variables are the 512 bits of the structure. Their order is architecture, number, then the
// arguments from the first to the last, and the instruction pointer; of a 64-bit value the highest
// bit comes first, so that an ordered comparison has one node for each bit.
#ifndef QSBX_POLICY_DECISION_DIAGRAM_H_
#define QSBX_POLICY_DECISION_DIAGRAM_H_

#include <linux/seccomp.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

namespace qsbx {

class DecisionDiagrams {
 public:
  using Node = uint32_t;

  // A way through a diagram of arguments: the bits of each argument that it looks at, and what it
  // found there.
  struct Path {
    std::array<uint64_t, 6> mask = {};
    std::array<uint64_t, 6> value = {};
  };

  // Building stops at `limit` nodes, or four times as many steps: from then on overflowed() is true
  // and results mean nothing.
  explicit DecisionDiagrams(size_t limit = 1'000'000);

  Node terminal(uint32_t value);
  Node truth() const { return kTruth; }
  Node falsehood() const { return kFalsehood; }

  // `condition` has the terminals 0 and 1.
  Node if_then_else(Node condition, Node yes, Node no);
  Node both(Node a, Node b) { return if_then_else(a, b, falsehood()); }
  Node either(Node a, Node b) { return if_then_else(a, truth(), b); }
  Node negation(Node a) { return if_then_else(a, falsehood(), truth()); }

  // Bit `index` (0: the lowest) of the 32-bit word at `offset` of struct seccomp_data.
  Node bit(uint32_t offset, int index);

  // Conditions on the 32-bit word at `offset` of struct seccomp_data, and-ed with `mask` first.
  Node word_equals(uint32_t offset, uint32_t mask, uint32_t value);
  Node word_greater(uint32_t offset, uint32_t mask, uint32_t value);
  // Any of the bits of `mask` set.
  Node word_intersects(uint32_t offset, uint32_t mask);

  // The function that has `change` of the value where `node` has the value.
  Node image(Node node, const std::function<uint32_t(uint32_t)>& change);

  // Where the function has this value.
  Node where(Node node, uint32_t value);

  // All values of the function.
  std::set<uint32_t> values(Node node) const;

  // What is left of the function for one architecture and number: a function of the arguments.
  Node of_call(Node node, uint32_t audit_arch, int number) const;

  // The ways on which a condition that looks at arguments alone comes to 0 or 1, as `outcome` says;
  // nullopt when there are more than `limit`. They exclude each other, and where two part, both
  // look at the same bit and see it differently.
  std::optional<std::vector<Path>> paths(Node node, bool outcome, size_t limit) const;

  // For how many values of the 32-bit word at `offset` a condition holds that looks at nothing
  // else.
  uint64_t count_words(Node node, uint32_t offset) const;

  uint32_t evaluate(Node node, const struct seccomp_data& call) const;

  // A call on which the two functions differ; nullopt when they are equal.
  std::optional<struct seccomp_data> difference(Node a, Node b) const;

  bool overflowed() const { return overflowed_; }
  size_t size() const { return nodes_.size(); }

 private:
  static constexpr Node kFalsehood = 0;
  static constexpr Node kTruth = 1;

  struct Entry {
    uint32_t variable;  // kTerminal for a terminal, whose value is in `high`
    Node low;
    Node high;
    bool operator==(const Entry&) const = default;
  };

  // What if_then_else() has found. A condition of kFalsehood is never looked up.
  struct Computed {
    Node condition;
    Node yes;
    Node no;
    Node result;
  };

  bool is_terminal(Node node) const;
  Node unique(const Entry& entry);
  Node make(uint32_t variable, Node low, Node high);
  Node cofactor(Node node, uint32_t variable, bool high) const;
  Node expand(Node condition, Node yes, Node no);
  Node image(Node node, const std::function<uint32_t(uint32_t)>& change, std::vector<Node>& found);
  bool collect_paths(Node node, Node outcome, size_t limit, Path& so_far,
                     std::vector<Path>& found) const;
  size_t free_unique_slot(Node node) const;
  void grow_unique();

  size_t limit_;
  bool overflowed_ = false;
  std::vector<Entry> nodes_;
  // A hash table with open addressing; its size is a power of two, and at most half is in use.
  std::vector<Node> unique_;  // kFalsehood: free
  // Each place has what was last computed of those that belong there: what is forgotten is computed
  // again. That is quicker than to remember all of it, which needs much memory.
  std::vector<Computed> computed_;
  size_t steps_ = 0;
};

}  // namespace qsbx

#endif
