// SPDX-License-Identifier: LGPL-2.1-or-later
//
// From the leaves to the root, each test tells its outcome to all that comes after it. What two
// earlier tests settle only together stays: it takes masks that overlap, since the values of one
// field are asked for by a search tree, which leaves nothing to settle.
#include "src/compile/settled_tests.h"

#include <bit>
#include <map>
#include <optional>

namespace qsbx {
namespace {

using Id = DecisionDag::Id;
using Node = DecisionDag::Node;

constexpr uint32_t kAllBits = 0xffffffff;
// Some hundredths of a second.
constexpr size_t kMostVisited = 100'000;

// What is known of a word after a test of it.
struct Knowledge {
  const Node& test;
  bool outcome;
  // These bits have this value.
  uint32_t bits = 0;
  uint32_t value = 0;
  // The word lies between these.
  uint32_t first = 0;
  uint32_t last = kAllBits;
  // One of these bits is set, unless it is 0.
  uint32_t some_of = 0;
};

void know_bits(Knowledge& known, uint32_t bits, uint32_t value) {
  known.bits = bits;
  known.value = value;
  known.first = value;
  known.last = value | ~bits;
}

void know_some_of(Knowledge& known, uint32_t bits) {
  known.some_of = bits;
  known.first = bits & -bits;
}

// No word is less than 0, which is therefore never asked.
void know_less(Knowledge& known, uint32_t limit) {
  if (limit == 0) return;
  const auto width = std::bit_width(limit - 1);
  if (width < 32) know_bits(known, ~((uint32_t{1} << width) - 1), 0);
  known.last = limit - 1;
}

Knowledge after(const Node& test, bool outcome) {
  Knowledge known = {.test = test, .outcome = outcome};
  const uint32_t mask = test.word.mask;
  switch (test.test) {
    case WordTest::kEqual:
      if (outcome) know_bits(known, mask, test.constant);
      if (!outcome && test.constant == 0) know_some_of(known, mask);
      break;
    case WordTest::kIntersects:
      if (outcome) know_some_of(known, mask & test.constant);
      if (!outcome) know_bits(known, mask & test.constant, 0);
      break;
    case WordTest::kGreaterEqual:
      if (mask != kAllBits) break;
      if (outcome) known.first = test.constant;
      if (!outcome) know_less(known, test.constant);
      break;
  }
  return known;
}

bool is_subset(uint32_t bits, uint32_t of) { return (bits & ~of) == 0; }

std::optional<bool> settled_equal(const Node& node, const Knowledge& known) {
  const uint32_t mask = node.word.mask;
  const uint32_t value = node.constant;
  if ((known.value ^ value) & known.bits & mask) return false;
  if (is_subset(mask, known.bits)) return true;
  if (mask == kAllBits && (value < known.first || value > known.last)) return false;
  if (known.some_of != 0 && is_subset(known.some_of, mask) && !(value & known.some_of)) {
    return false;
  }
  const Node& test = known.test;
  const bool excludes = test.test == WordTest::kEqual && !known.outcome;
  if (excludes && is_subset(test.word.mask, mask) && (value & test.word.mask) == test.constant) {
    return false;
  }
  return std::nullopt;
}

std::optional<bool> settled_intersection(const Node& node, const Knowledge& known) {
  const uint32_t mask = node.word.mask & node.constant;
  if (known.value & known.bits & mask) return true;
  if (is_subset(mask, known.bits)) return false;
  if (known.some_of != 0 && is_subset(known.some_of, mask)) return true;
  return std::nullopt;
}

std::optional<bool> settled_order(const Node& node, const Knowledge& known) {
  const uint32_t mask = node.word.mask;
  const uint32_t least = known.value & known.bits & mask;
  const uint32_t greatest = least | (mask & ~known.bits);
  if (least >= node.constant) return true;
  if (greatest < node.constant) return false;
  if (mask != kAllBits) return std::nullopt;
  if (known.first >= node.constant) return true;
  if (known.last < node.constant) return false;
  return std::nullopt;
}

std::optional<bool> settled(const Node& node, const Knowledge& known) {
  const Node& test = known.test;
  if (node.word.offset != test.word.offset) return std::nullopt;
  if (node.word == test.word && node.test == test.test && node.constant == test.constant) {
    return known.outcome;
  }
  switch (node.test) {
    case WordTest::kEqual:
      return settled_equal(node, known);
    case WordTest::kIntersects:
      return settled_intersection(node, known);
    case WordTest::kGreaterEqual:
      return settled_order(node, known);
  }
  return std::nullopt;
}

class SettledTests {
 public:
  explicit SettledTests(DecisionDag& dag) : dag_(dag) {}

  Id without(Id root) {
    const Id result = cleared(root);
    return visited_ > kMostVisited ? root : result;
  }

 private:
  using Known = std::map<Id, Id>;

  // Nodes are copied here because they move when there are more of them.
  Id cleared(Id id) {
    const Node node = dag_.node(id);
    if (node.is_action || ++visited_ > kMostVisited) return id;
    if (const auto known = cleared_.find(id); known != cleared_.end()) return known->second;
    const Id yes = told(cleared(node.yes), after(node, true));
    const Id no = told(cleared(node.no), after(node, false));
    const Id result = dag_.test(node.word, node.test, node.constant, yes, no);
    cleared_.emplace(id, result);
    return result;
  }

  Id told(Id id, const Knowledge& knowledge) {
    Known known;
    return told(id, knowledge, known);
  }

  Id told(Id id, const Knowledge& knowledge, Known& known) {
    const Node node = dag_.node(id);
    if (node.is_action || ++visited_ > kMostVisited) return id;
    if (const auto result = known.find(id); result != known.end()) return result->second;
    const std::optional<bool> outcome = settled(node, knowledge);
    const Id result =
        outcome ? told(*outcome ? node.yes : node.no, knowledge, known)
                : dag_.test(node.word, node.test, node.constant, told(node.yes, knowledge, known),
                            told(node.no, knowledge, known));
    known.emplace(id, result);
    return result;
  }

  DecisionDag& dag_;
  Known cleared_;
  size_t visited_ = 0;
};

}  // namespace

Id without_settled_tests(DecisionDag& dag, Id root) { return SettledTests(dag).without(root); }

}  // namespace qsbx
