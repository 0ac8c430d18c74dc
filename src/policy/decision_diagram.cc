// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/policy/decision_diagram.h"

#include <algorithm>
#include <cstring>
#include <unordered_set>

#include "src/bpf/program.h"

namespace qsbx {
namespace {

using Node = DecisionDiagrams::Node;

constexpr uint32_t kTerminal = UINT32_MAX;  // after all variables
constexpr Node kNone = UINT32_MAX;
constexpr uint32_t kWords = sizeof(struct seccomp_data) / 4;
constexpr size_t kFirstTableSize = 1 << 12;
constexpr size_t kLargestComputed = 1 << 18;

static_assert(kWords == 16);

// Word of the structure -> place in the order, and back. The high word of a 64-bit field comes
// first.
constexpr uint32_t kArgumentWords = kArgumentsOffset / 4;
constexpr uint32_t kFirstArgumentPlace = 2;

constexpr uint32_t place_of_word(uint32_t word) {
  if (word == kArchitectureOffset / 4) return 0;
  if (word == kNumberOffset / 4) return 1;
  if (word < kArgumentWords) return kWords + 1 - word;
  return kFirstArgumentPlace + ((word - kArgumentWords) ^ 1);
}

constexpr uint32_t word_at_place(uint32_t place) {
  if (place == 0) return kArchitectureOffset / 4;
  if (place == 1) return kNumberOffset / 4;
  if (place >= kWords - 2) return kWords + 1 - place;
  return kArgumentWords + ((place - kFirstArgumentPlace) ^ 1);
}

constexpr bool places_are_a_permutation() {
  uint32_t seen = 0;
  for (uint32_t word = 0; word < kWords; ++word) {
    if (word_at_place(place_of_word(word)) != word) return false;
    seen |= 1U << place_of_word(word);
  }
  return seen == 0xffff;
}
static_assert(places_are_a_permutation());

uint32_t variable_of(uint32_t offset, int bit) {
  return place_of_word(offset / 4) * 32 + static_cast<uint32_t>(31 - bit);
}

struct BitPosition {
  uint32_t word;
  uint32_t mask;
};

BitPosition position_of(uint32_t variable) {
  return {word_at_place(variable / 32), 1U << (31 - variable % 32)};
}

struct ArgumentBit {
  size_t argument;
  uint64_t mask;
};

// Of a variable that is one of an argument. The high word has the even place.
ArgumentBit argument_bit(uint32_t variable) {
  const uint32_t place = variable / 32 - kFirstArgumentPlace;
  const uint32_t shift = 31 - variable % 32 + (place % 2 == 0 ? 32 : 0);
  return {place / 2, uint64_t{1} << shift};
}

bool is_set(const struct seccomp_data& call, uint32_t variable) {
  uint32_t words[kWords];
  std::memcpy(words, &call, sizeof words);
  const BitPosition position = position_of(variable);
  return (words[position.word] & position.mask) != 0;
}

void set(struct seccomp_data& call, uint32_t variable) {
  uint32_t words[kWords];
  std::memcpy(words, &call, sizeof words);
  const BitPosition position = position_of(variable);
  words[position.word] |= position.mask;
  std::memcpy(&call, words, sizeof words);
}

// Odd multipliers with no pattern in their bits; the high half of the product depends on all of the
// input.
size_t hash(uint32_t a, uint32_t b, uint32_t c) {
  uint64_t mixed = (static_cast<uint64_t>(a) << 32 | b) * 0x9e3779b97f4a7c15ULL;
  mixed ^= mixed >> 32;
  mixed = (mixed + c) * 0xd6e8feb86659fd93ULL;
  return mixed ^ mixed >> 32;
}

}  // namespace

DecisionDiagrams::DecisionDiagrams(size_t limit)
    : limit_(limit),
      nodes_{{kTerminal, 0, 0}, {kTerminal, 0, 1}},
      unique_(kFirstTableSize, kFalsehood),
      computed_(kFirstTableSize, Computed{}) {}

bool DecisionDiagrams::is_terminal(Node node) const { return nodes_[node].variable == kTerminal; }

Node DecisionDiagrams::terminal(uint32_t value) {
  if (value <= 1) return value == 1 ? kTruth : kFalsehood;
  return unique({kTerminal, 0, value});
}

// The node of `entry`, of which there is only one.
Node DecisionDiagrams::unique(const Entry& entry) {
  const size_t last = unique_.size() - 1;
  size_t slot = hash(entry.variable, entry.low, entry.high) & last;
  for (; unique_[slot] != kFalsehood; slot = (slot + 1) & last) {
    if (nodes_[unique_[slot]] == entry) return unique_[slot];
  }
  if (nodes_.size() >= limit_) {
    overflowed_ = true;
    return kFalsehood;
  }
  nodes_.push_back(entry);
  const Node node = static_cast<Node>(nodes_.size() - 1);
  unique_[slot] = node;
  if (nodes_.size() * 2 > unique_.size()) grow_unique();
  return node;
}

size_t DecisionDiagrams::free_unique_slot(Node node) const {
  const Entry& entry = nodes_[node];
  const size_t last = unique_.size() - 1;
  size_t slot = hash(entry.variable, entry.low, entry.high) & last;
  while (unique_[slot] != kFalsehood) slot = (slot + 1) & last;
  return slot;
}

void DecisionDiagrams::grow_unique() {
  unique_.assign(unique_.size() * 2, kFalsehood);
  for (Node node = kTruth + 1; node < nodes_.size(); ++node) {
    unique_[free_unique_slot(node)] = node;
  }
  if (computed_.size() < std::min(unique_.size() / 4, kLargestComputed)) {
    computed_.assign(computed_.size() * 2, Computed{});
  }
}

Node DecisionDiagrams::make(uint32_t variable, Node low, Node high) {
  return low == high ? low : unique({variable, low, high});
}

Node DecisionDiagrams::cofactor(Node node, uint32_t variable, bool high) const {
  const Entry& entry = nodes_[node];
  if (entry.variable != variable) return node;
  return high ? entry.high : entry.low;
}

Node DecisionDiagrams::if_then_else(Node condition, Node yes, Node no) {
  if (overflowed_) return kFalsehood;
  if (condition == kTruth || yes == no) return yes;
  if (condition == kFalsehood) return no;
  if (yes == kTruth && no == kFalsehood) return condition;

  const size_t place = hash(condition, yes, no);
  const Computed& found = computed_[place & (computed_.size() - 1)];
  if (found.condition == condition && found.yes == yes && found.no == no) return found.result;
  const Node result = expand(condition, yes, no);
  computed_[place & (computed_.size() - 1)] = {condition, yes, no, result};
  return result;
}

// Shannon's expansion by the first variable that any of the three depends on. Not deeper than there
// are variables.
Node DecisionDiagrams::expand(Node condition, Node yes, Node no) {
  if (++steps_ > 4 * limit_) overflowed_ = true;
  const uint32_t variable =
      std::min({nodes_[condition].variable, nodes_[yes].variable, nodes_[no].variable});
  const Node low = if_then_else(cofactor(condition, variable, false),
                                cofactor(yes, variable, false), cofactor(no, variable, false));
  const Node high = if_then_else(cofactor(condition, variable, true), cofactor(yes, variable, true),
                                 cofactor(no, variable, true));
  return make(variable, low, high);
}

Node DecisionDiagrams::bit(uint32_t offset, int index) {
  return make(variable_of(offset, index), kFalsehood, kTruth);
}

// The next three build from the lowest bit, which is last in the order, upwards.

Node DecisionDiagrams::word_equals(uint32_t offset, uint32_t mask, uint32_t value) {
  if ((value & ~mask) != 0) return kFalsehood;
  Node equal = kTruth;
  for (int i = 0; i < 32; ++i) {
    if ((mask >> i & 1) == 0) continue;
    const bool wanted = (value >> i & 1) != 0;
    equal = make(variable_of(offset, i), wanted ? kFalsehood : equal, wanted ? equal : kFalsehood);
  }
  return equal;
}

Node DecisionDiagrams::word_greater(uint32_t offset, uint32_t mask, uint32_t value) {
  Node greater = kFalsehood;
  for (int i = 0; i < 32; ++i) {
    const bool limit_bit = (value >> i & 1) != 0;
    const Node when_clear = limit_bit ? kFalsehood : greater;
    const Node when_set = limit_bit ? greater : kTruth;
    const bool can_be_set = (mask >> i & 1) != 0;
    greater = can_be_set ? make(variable_of(offset, i), when_clear, when_set) : when_clear;
  }
  return greater;
}

Node DecisionDiagrams::word_intersects(uint32_t offset, uint32_t mask) {
  Node any = kFalsehood;
  for (int i = 0; i < 32; ++i) {
    if ((mask >> i & 1) != 0) any = make(variable_of(offset, i), any, kTruth);
  }
  return any;
}

Node DecisionDiagrams::image(Node node, const std::function<uint32_t(uint32_t)>& change) {
  std::vector<Node> found(nodes_.size(), kNone);  // by node; new ones are never looked for
  return image(node, change, found);
}

Node DecisionDiagrams::image(Node node, const std::function<uint32_t(uint32_t)>& change,
                             std::vector<Node>& found) {
  if (overflowed_) return kFalsehood;
  const Entry entry = nodes_[node];
  if (entry.variable == kTerminal) return terminal(change(entry.high));
  if (found[node] != kNone) return found[node];
  const Node low = image(entry.low, change, found);
  const Node high = image(entry.high, change, found);
  return found[node] = make(entry.variable, low, high);
}

Node DecisionDiagrams::where(Node node, uint32_t value) {
  return image(node, [value](uint32_t other) { return other == value ? 1 : 0; });
}

std::set<uint32_t> DecisionDiagrams::values(Node node) const {
  std::set<uint32_t> values;
  std::unordered_set<Node> seen = {node};
  for (std::vector<Node> left = {node}; !left.empty();) {
    const Entry& entry = nodes_[left.back()];
    left.pop_back();
    if (entry.variable == kTerminal) {
      values.insert(entry.high);
      continue;
    }
    for (const Node next : {entry.low, entry.high}) {
      if (seen.insert(next).second) left.push_back(next);
    }
  }
  return values;
}

// Architecture and number are first in the order.
Node DecisionDiagrams::of_call(Node node, uint32_t audit_arch, int number) const {
  constexpr uint32_t kFirstOfArguments = kFirstArgumentPlace * 32;
  struct seccomp_data call = {};
  call.arch = audit_arch;
  call.nr = number;
  while (nodes_[node].variable < kFirstOfArguments) {
    node = cofactor(node, nodes_[node].variable, is_set(call, nodes_[node].variable));
  }
  return node;
}

// A node holds for as many settings of the bits from its own on as its halves do together; a bit
// that is passed over doubles them.
std::optional<std::vector<DecisionDiagrams::Path>> DecisionDiagrams::paths(Node node, bool outcome,
                                                                           size_t limit) const {
  std::vector<Path> found;
  Path start;
  if (!collect_paths(node, outcome ? kTruth : kFalsehood, limit, start, found)) return std::nullopt;
  return found;
}

bool DecisionDiagrams::collect_paths(Node node, Node outcome, size_t limit, Path& so_far,
                                     std::vector<Path>& found) const {
  if (is_terminal(node)) {
    if (node == outcome) found.push_back(so_far);
    return found.size() <= limit;
  }
  const ArgumentBit bit = argument_bit(nodes_[node].variable);
  so_far.mask[bit.argument] |= bit.mask;
  bool few = collect_paths(nodes_[node].low, outcome, limit, so_far, found);
  so_far.value[bit.argument] |= bit.mask;
  few = few && collect_paths(nodes_[node].high, outcome, limit, so_far, found);
  so_far.mask[bit.argument] &= ~bit.mask;
  so_far.value[bit.argument] &= ~bit.mask;
  return few;
}

uint64_t DecisionDiagrams::count_words(Node node, uint32_t offset) const {
  const uint32_t first = variable_of(offset, 31);
  std::unordered_map<Node, uint64_t> known = {{kFalsehood, 0}, {kTruth, 1}};
  const auto place = [&](Node of) { return is_terminal(of) ? first + 32 : nodes_[of].variable; };
  const std::function<uint64_t(Node)> count = [&](Node of) {
    if (const auto found = known.find(of); found != known.end()) return found->second;
    uint64_t sum = 0;
    for (const Node half : {nodes_[of].low, nodes_[of].high}) {
      sum += count(half) << (place(half) - place(of) - 1);
    }
    known.emplace(of, sum);
    return sum;
  };
  return count(node) << (place(node) - first);
}

uint32_t DecisionDiagrams::evaluate(Node node, const struct seccomp_data& call) const {
  while (!is_terminal(node)) {
    node = cofactor(node, nodes_[node].variable, is_set(call, nodes_[node].variable));
  }
  return nodes_[node].high;
}

// Unequal nodes are unequal functions, so one of the two halves differs as well, down to two
// terminals.
std::optional<struct seccomp_data> DecisionDiagrams::difference(Node a, Node b) const {
  if (a == b) return std::nullopt;
  struct seccomp_data call = {};
  while (!is_terminal(a) || !is_terminal(b)) {
    const uint32_t variable = std::min(nodes_[a].variable, nodes_[b].variable);
    const bool high = cofactor(a, variable, false) == cofactor(b, variable, false);
    if (high) set(call, variable);
    a = cofactor(a, variable, high);
    b = cofactor(b, variable, high);
  }
  return call;
}

}  // namespace qsbx
