// SPDX-License-Identifier: LGPL-2.1-or-later
//
// From the leaves to the root, each test tells its outcome to all that comes after it. What two
// earlier tests settle only together stays: it takes masks that overlap, since the values of one
// field are asked for by a search tree, which leaves nothing to settle.
#include "src/compile/settled_tests.h"

#include <array>
#include <map>
#include <optional>

namespace qsbx {
namespace {

using Id = DecisionDag::Id;
using Node = DecisionDag::Node;

// Some hundredths of a second.
constexpr size_t kMostVisited = 100'000;

// How a test stands after some bits of the word, from the highest down. What decides for good stays
// as it is: a difference for kEqual and kGreaterEqual, a common bit for kIntersects.
enum Standing { kLess, kAlike, kGreater };
constexpr std::array kStandings = {kLess, kAlike, kGreater};

Standing after_bit(const Node& test, Standing standing, int position, bool bit) {
  const bool in_word = bit && (test.word.mask >> position & 1);
  const bool in_constant = test.constant >> position & 1;
  if (standing != kAlike) return standing;
  if (test.test == WordTest::kIntersects) return in_word && in_constant ? kGreater : kAlike;
  return in_word == in_constant ? kAlike : in_word ? kGreater : kLess;
}

bool holds(const Node& test, Standing standing) {
  switch (test.test) {
    case WordTest::kEqual:
      return standing == kAlike;
    case WordTest::kGreaterEqual:
      return standing != kLess;
    case WordTest::kIntersects:
      return standing == kGreater;
  }
  return false;
}

// Whether some word takes the first test to the one standing and the second to the other.
using Reached = std::array<std::array<bool, kStandings.size()>, kStandings.size()>;

Reached reached_by_all_words(const Node& first, const Node& second) {
  Reached reached = {};
  reached[kAlike][kAlike] = true;
  for (int position = 31; position >= 0; position--) {
    Reached next = {};
    for (const Standing a : kStandings) {
      for (const Standing b : kStandings) {
        if (!reached[a][b]) continue;
        for (const bool bit : {false, true}) {
          next[after_bit(first, a, position, bit)][after_bit(second, b, position, bit)] = true;
        }
      }
    }
    reached = next;
  }
  return reached;
}

// The only outcome of `later` where `earlier` had this outcome, if there is only one.
std::optional<bool> settled(const Node& later, const Node& earlier, bool outcome) {
  if (later.word.offset != earlier.word.offset) return std::nullopt;
  const Reached reached = reached_by_all_words(earlier, later);
  std::array<bool, 2> possible = {};
  for (const Standing a : kStandings) {
    for (const Standing b : kStandings) {
      if (reached[a][b] && holds(earlier, a) == outcome) possible[holds(later, b)] = true;
    }
  }
  if (possible[false] && possible[true]) return std::nullopt;
  return possible[true];
}

class SettledTests {
 public:
  explicit SettledTests(DecisionDag& dag) : dag_(dag) {}

  Id without(Id root) {
    const Id result = cleared(root);
    return visited_ > kMostVisited ? root : result;
  }

 private:
  using Replaced = std::map<Id, Id>;

  // Nodes are copied here because they move when there are more of them.
  Id cleared(Id id) {
    const Node node = dag_.node(id);
    if (node.is_action || ++visited_ > kMostVisited) return id;
    if (const auto known = cleared_.find(id); known != cleared_.end()) return known->second;
    Replaced where_it_holds;
    Replaced where_it_fails;
    const Id yes = told(cleared(node.yes), node, true, where_it_holds);
    const Id no = told(cleared(node.no), node, false, where_it_fails);
    const Id result = dag_.test(node.word, node.test, node.constant, yes, no);
    cleared_.emplace(id, result);
    return result;
  }

  // What is left of a node after the outcome of an earlier test.
  Id told(Id id, const Node& earlier, bool outcome, Replaced& replaced) {
    const Node node = dag_.node(id);
    if (node.is_action || ++visited_ > kMostVisited) return id;
    if (const auto known = replaced.find(id); known != replaced.end()) return known->second;
    const auto rest = [&](Id next) { return told(next, earlier, outcome, replaced); };
    const std::optional<bool> known_outcome = settled(node, earlier, outcome);
    const Id result = known_outcome ? rest(*known_outcome ? node.yes : node.no)
                                    : dag_.test(node.word, node.test, node.constant, rest(node.yes),
                                                rest(node.no));
    replaced.emplace(id, result);
    return result;
  }

  DecisionDag& dag_;
  Replaced cleared_;
  size_t visited_ = 0;
};

}  // namespace

Id without_settled_tests(DecisionDag& dag, Id root) { return SettledTests(dag).without(root); }

}  // namespace qsbx
