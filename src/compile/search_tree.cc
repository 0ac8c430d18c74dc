// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Two-way comparisons, of order or equality, and every value that is not asked for goes somewhere
// too. For such trees Anderson, Kannan, Karloff and Ladner ("Thresholds and optimal binary
// comparison search trees", 2002) show that an equality test need only ever be made for the
// heaviest value that is left. So a subproblem is an interval of spans and how many of its heaviest
// single values have been tested for, and dynamic programming over these finds the cheapest tree.
//
// What is optimal about it: for this cost (executed tests, weighted, plus a price for each test)
// nothing is cheaper for up to kExactSpans spans that all go on differently, if no more than
// kMostHeavy values are worth a test for equality before the end. What is not: where spans go on
// alike, a test for a lighter value may pay because it makes its neighbours one, and is tried in a
// chain at the end only. Wider intervals are cut next to a heavy value or near the middle of their
// weight, which costs at most a test or two more on the way to what is rare.
#include "src/compile/search_tree.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <map>
#include <optional>
#include <tuple>

#include "src/compile/value_set.h"

namespace qsbx {
namespace {

using Id = DecisionDag::Id;

constexpr size_t kExactSpans = 24;
constexpr size_t kMostHeavy = 6;
constexpr size_t kLongestChain = 4;
// A value is heavy when at least this part of all lookups are for it, and stands alone among
// neighbours that go on alike when it is still heavier.
constexpr double kHeavyPart = 1.0 / 256;
constexpr double kAlonePart = 1.0 / 64;
// How many bits the index has; without a compiler's option std::popcount() is a call.
constexpr auto kBits = [] {
  std::array<uint8_t, 1 << kMostHeavy> bits{};
  for (size_t i = 1; i < bits.size(); i++) bits[i] = static_cast<uint8_t>(bits[i / 2] + i % 2);
  return bits;
}();
// The cost of a test that would tell nothing.
constexpr double kNever = std::numeric_limits<double>::infinity();

std::vector<bool> single_values(const Word& word, const std::vector<Span>& spans) {
  std::vector<bool> single;
  for (size_t i = 0; i < spans.size(); i++) {
    const uint32_t last = i + 1 < spans.size() ? spans[i + 1].first - 1 : word.mask;
    const auto next = next_masked_value(word.mask, spans[i].first);
    single.push_back(!next || *next > last);
  }
  return single;
}

double total_weight(const std::vector<Span>& spans) {
  double total = 0;
  for (const Span& span : spans) total += span.weight;
  return total;
}

// Spans that go on alike become one, but for heavy values, which may be worth a test of their own.
std::vector<Span> joined_where_alike(const Word& word, const std::vector<Span>& spans) {
  const std::vector<bool> single = single_values(word, spans);
  const double least = total_weight(spans) * kAlonePart;
  const auto stands_alone = [&](size_t i) { return single[i] && spans[i].weight >= least; };
  std::vector<Span> joined;
  for (size_t i = 0; i < spans.size(); i++) {
    const bool alike = i > 0 && spans[i - 1].target == spans[i].target;
    if (alike && !stands_alone(i - 1) && !stands_alone(i)) {
      joined.back().weight += spans[i].weight;
    } else {
      joined.push_back(spans[i]);
    }
  }
  return joined;
}

// Spans [first, last), of which some of the heavy ones have been tested for equality.
struct Interval {
  size_t first;
  size_t last;
  uint32_t tested;  // bit i: the i-th heaviest; those outside are not counted as tested

  size_t width() const { return last - first; }
};

struct Plan {
  enum class Kind : uint8_t { kUnknown, kDone, kThreshold, kEquality, kChain };

  double cost = 0;
  Kind kind = Kind::kUnknown;
  uint32_t span = 0;  // kThreshold: the first one of the upper half; kEquality: the one tested for
};

// Single values to be tested for one after the other, heaviest first, the rest going on alike.
struct Chain {
  std::array<size_t, kLongestChain> tests;
  size_t length = 0;
  Id rest = 0;
};

class SearchTree {
 public:
  SearchTree(DecisionDag& dag, const Word& word, std::vector<Span> spans, TestPrice price,
             const std::vector<SeenWord>& seen)
      : dag_(dag), word_(word), spans_(std::move(spans)), price_(price), seen_(seen) {
    is_single_value_ = single_values(word_, spans_);
    sum_weights();
    find_heavy();
    narrow_widths_ = std::min(spans_.size() + 1, kExactSpans);
    plans_of_width_ = heavy_.size() + 1;
    plans_.resize(spans_.size() * narrow_widths_ * plans_of_width_);
  }

  Id build() { return build({0, spans_.size(), 0}, word_.mask == UINT32_MAX); }

 private:
  void sum_weights();
  void find_heavy();

  bool is_inside(size_t span, const Interval& interval) const {
    return interval.first <= span && span < interval.last;
  }
  bool is_tested(size_t span, const Interval& interval) const {
    return heavy_bit_[span] & interval.tested;
  }
  // The span of the heaviest value that is left to be tested for.
  std::optional<size_t> heaviest(const Interval& interval) const;
  Interval without(const Interval& interval, size_t span) const;
  Interval part(const Interval& interval, size_t first, size_t last) const;
  double weight_of(const Interval& interval) const;
  // Where a wide interval may be cut.
  std::vector<size_t> cuts(const Interval& interval) const;

  // Where all that is left goes on to; nullopt when that is not one target.
  std::optional<Id> only_target(const Interval& interval) const;
  std::optional<Chain> chain(const Interval& interval) const;
  Id target_of_rest(const Interval& interval) const;
  bool add_test(Chain& chain, size_t span) const;
  double cost_of(const Chain& chain, double weight) const;

  Plan& known_plan(const Interval& interval);
  const Plan& plan(const Interval& interval);
  Plan best_plan(const Interval& interval);
  void consider_cut(const Interval& interval, size_t middle, double tests, Plan& best);
  void consider_cuts(const Interval& interval, double tests, Plan& best);

  // `is_masked`: the mask needs no thought any more, being applied already, or none.
  Id build(const Interval& interval, bool is_masked);
  Id build_masked(const Interval& interval);
  Id build_chain(const Chain& chain);
  bool tests_need_mask(const Interval& interval);
  // What most of the words are that get to this interval.
  std::optional<uint32_t> prevailing_word(const Interval& interval) const;
  Id at_least(size_t span, Id yes, Id no);
  Id equals(size_t span, Id yes, Id no);

  DecisionDag& dag_;
  Word word_;
  std::vector<Span> spans_;
  TestPrice price_;
  const std::vector<SeenWord>& seen_;
  std::vector<double> weight_before_;  // of all spans before this one
  std::vector<bool> is_single_value_;
  std::vector<size_t> heavy_;           // heaviest first
  std::vector<uint32_t> heavy_bit_;     // of each span, 0 for those that are not heavy
  std::vector<uint32_t> heavy_before_;  // the bits of all spans before this one
  // Of the intervals of less than kExactSpans spans: by first span, width and how many are tested.
  size_t narrow_widths_;
  size_t plans_of_width_;
  std::vector<Plan> plans_;
  std::map<std::tuple<size_t, size_t, uint32_t>, Plan> wide_plans_;
};

void SearchTree::sum_weights() {
  weight_before_.push_back(0);
  for (const Span& span : spans_) weight_before_.push_back(weight_before_.back() + span.weight);
}

void SearchTree::find_heavy() {
  const double least = weight_before_.back() * kHeavyPart;
  for (size_t i = 0; i < spans_.size(); i++) {
    if (spans_[i].weight >= least && is_single_value_[i]) heavy_.push_back(i);
  }
  std::stable_sort(heavy_.begin(), heavy_.end(),
                   [&](size_t a, size_t b) { return spans_[a].weight > spans_[b].weight; });
  if (heavy_.size() > kMostHeavy) heavy_.resize(kMostHeavy);
  heavy_bit_.resize(spans_.size());
  for (size_t i = 0; i < heavy_.size(); i++) heavy_bit_[heavy_[i]] = 1U << i;
  heavy_before_.push_back(0);
  for (const uint32_t bit : heavy_bit_) heavy_before_.push_back(heavy_before_.back() | bit);
}

std::optional<size_t> SearchTree::heaviest(const Interval& interval) const {
  const auto found = std::find_if(heavy_.begin(), heavy_.end(), [&](size_t span) {
    return is_inside(span, interval) && !is_tested(span, interval);
  });
  if (found == heavy_.end()) return std::nullopt;
  return *found;
}

Interval SearchTree::without(const Interval& interval, size_t span) const {
  return {interval.first, interval.last, interval.tested | heavy_bit_[span]};
}

Interval SearchTree::part(const Interval& interval, size_t first, size_t last) const {
  return {first, last, interval.tested & (heavy_before_[first] ^ heavy_before_[last])};
}

double SearchTree::weight_of(const Interval& interval) const {
  double weight = weight_before_[interval.last] - weight_before_[interval.first];
  for (size_t i = 0; interval.tested >> i != 0; i++) {
    if ((interval.tested >> i & 1) != 0) weight -= spans_[heavy_[i]].weight;
  }
  return weight;
}

std::vector<size_t> SearchTree::cuts(const Interval& interval) const {
  std::vector<size_t> cuts;
  const auto add = [&](size_t span) {
    if (span > interval.first && span < interval.last) cuts.push_back(span);
  };
  const double middle = (weight_before_[interval.first] + weight_before_[interval.last]) / 2;
  const auto place = std::upper_bound(weight_before_.begin(), weight_before_.end(), middle);
  const auto median = static_cast<size_t>(place - weight_before_.begin());
  for (size_t span = std::max<size_t>(median, 2) - 2; span <= median + 1; span++) add(span);
  add(interval.first + (interval.last - interval.first) / 2);
  for (const size_t span : heavy_) {
    add(span);
    add(span + 1);
  }
  return cuts;
}

Plan& SearchTree::known_plan(const Interval& interval) {
  if (interval.width() >= narrow_widths_) {
    return wide_plans_[{interval.first, interval.last, interval.tested}];
  }
  // The tested ones are always the heaviest inside, so their number says which they are.
  const size_t tested = kBits[interval.tested];
  const size_t row = interval.first * narrow_widths_ + interval.width();
  return plans_[row * plans_of_width_ + tested];
}

const Plan& SearchTree::plan(const Interval& interval) {
  Plan& known = known_plan(interval);  // stays where it is while others are made
  if (known.kind == Plan::Kind::kUnknown) known = best_plan(interval);
  return known;
}

Plan SearchTree::best_plan(const Interval& interval) {
  if (only_target(interval)) return {0, Plan::Kind::kDone, 0};
  const double weight = weight_of(interval);
  Plan best = {kNever, Plan::Kind::kDone, 0};
  const auto consider = [&](Plan plan) {
    if (plan.cost < best.cost) best = plan;
  };
  if (const auto tests = chain(interval)) {
    consider({cost_of(*tests, weight), Plan::Kind::kChain, 0});
    if (tests->length == 1) return best;  // where not all go on alike, nothing takes less
  }
  if (const auto span = heaviest(interval)) {
    const double rest = plan(without(interval, *span)).cost;
    consider({weight + price_ + rest, Plan::Kind::kEquality, static_cast<uint32_t>(*span)});
  }
  consider_cuts(interval, weight + price_, best);
  return best;
}

// `tests`: what the comparison itself costs.
void SearchTree::consider_cut(const Interval& interval, size_t middle, double tests, Plan& best) {
  const double below = plan(part(interval, interval.first, middle)).cost;
  if (tests + below >= best.cost) return;
  const double parts = below + plan(part(interval, middle, interval.last)).cost;
  if (tests + parts >= best.cost) return;
  best = {tests + parts, Plan::Kind::kThreshold, static_cast<uint32_t>(middle)};
}

void SearchTree::consider_cuts(const Interval& interval, double tests, Plan& best) {
  if (interval.width() > kExactSpans) {
    for (const size_t middle : cuts(interval)) consider_cut(interval, middle, tests, best);
    return;
  }
  for (size_t i = interval.first + 1; i < interval.last; i++) {
    consider_cut(interval, i, tests, best);
  }
}

std::optional<Id> SearchTree::only_target(const Interval& interval) const {
  std::optional<Id> target;
  for (size_t i = interval.first; i < interval.last; i++) {
    if (is_tested(i, interval)) continue;
    if (target && *target != spans_[i].target) return std::nullopt;
    target = spans_[i].target;
  }
  return target;
}

// What cannot be tested for by equality, or else whatever is last.
Id SearchTree::target_of_rest(const Interval& interval) const {
  Id target = 0;
  for (size_t i = interval.first; i < interval.last; i++) {
    if (is_tested(i, interval)) continue;
    target = spans_[i].target;
    if (!is_single_value_[i]) break;
  }
  return target;
}

std::optional<Chain> SearchTree::chain(const Interval& interval) const {
  Chain chain = {{}, 0, target_of_rest(interval)};
  for (size_t i = interval.first; i < interval.last; i++) {
    if (is_tested(i, interval) || spans_[i].target == chain.rest) continue;
    if (!is_single_value_[i] || !add_test(chain, i)) return std::nullopt;
  }
  if (chain.length == 0) return std::nullopt;
  return chain;
}

bool SearchTree::add_test(Chain& chain, size_t span) const {
  if (chain.length == kLongestChain) return false;
  size_t place = chain.length++;
  for (; place > 0 && spans_[chain.tests[place - 1]].weight < spans_[span].weight; place--) {
    chain.tests[place] = chain.tests[place - 1];
  }
  chain.tests[place] = span;
  return true;
}

double SearchTree::cost_of(const Chain& chain, double weight) const {
  double cost = 0;
  for (size_t i = 0; i < chain.length; i++) {
    cost += weight + price_;
    weight -= spans_[chain.tests[i]].weight;
  }
  return cost;
}

Id SearchTree::build(const Interval& interval, bool is_masked) {
  if (const auto target = only_target(interval)) return *target;
  const Plan chosen = plan(interval);
  if (!is_masked && tests_need_mask(interval)) return build_masked(interval);
  if (chosen.kind == Plan::Kind::kChain) return build_chain(*chain(interval));
  if (chosen.kind == Plan::Kind::kEquality) {
    const Id rest = build(without(interval, chosen.span), is_masked);
    return equals(chosen.span, spans_[chosen.span].target, rest);
  }
  const Id upper = build(part(interval, chosen.span, interval.last), is_masked);
  const Id lower = build(part(interval, interval.first, chosen.span), is_masked);
  return at_least(chosen.span, upper, lower);
}

Id SearchTree::build_masked(const Interval& interval) {
  const Id masked = build(interval, true);
  const std::optional<uint32_t> word = prevailing_word(interval);
  if (!word) return masked;
  const Id target = spans_[span_of(spans_, *word & word_.mask)].target;
  return dag_.test({word_.offset, UINT32_MAX}, WordTest::kEqual, *word, target, masked);
}

bool SearchTree::tests_need_mask(const Interval& interval) {
  const Plan chosen = plan(interval);
  const size_t span = chosen.kind == Plan::Kind::kChain ? chain(interval)->tests[0] : chosen.span;
  const uint32_t value = spans_[span].first;
  if (chosen.kind == Plan::Kind::kThreshold) return !std::has_single_bit(value);
  return value != 0 && !(value == word_.mask && std::has_single_bit(value));
}

std::optional<uint32_t> SearchTree::prevailing_word(const Interval& interval) const {
  for (const SeenWord& word : seen_) {
    const size_t span = span_of(spans_, word.value & word_.mask);
    const bool is_possible = is_inside(span, interval) && !is_tested(span, interval);
    if (is_possible && word.weight > weight_of(interval) / 2) return word.value;
  }
  return std::nullopt;
}

Id SearchTree::build_chain(const Chain& chain) {
  Id next = chain.rest;
  for (size_t i = chain.length; i-- > 0;) {
    next = equals(chain.tests[i], spans_[chain.tests[i]].target, next);
  }
  return next;
}

// JSET brings its own mask, which saves the AND before a comparison: a masked value is at least a
// power of two exactly when a bit from there upwards is set.
Id SearchTree::at_least(size_t span, Id yes, Id no) {
  const uint32_t value = spans_[span].first;
  if (word_.mask != UINT32_MAX && std::has_single_bit(value)) {
    return dag_.test(word_, WordTest::kIntersects, word_.mask & ~(value - 1), yes, no);
  }
  return dag_.test(word_, WordTest::kGreaterEqual, value, yes, no);
}

Id SearchTree::equals(size_t span, Id yes, Id no) {
  const uint32_t value = spans_[span].first;
  const bool is_one_bit = (word_.mask & (word_.mask - 1)) == 0;
  if (value == 0 && word_.mask != UINT32_MAX) {
    return dag_.test(word_, WordTest::kIntersects, word_.mask, no, yes);
  }
  if (value == word_.mask && is_one_bit) {
    return dag_.test(word_, WordTest::kIntersects, word_.mask, yes, no);
  }
  return dag_.test(word_, WordTest::kEqual, value, yes, no);
}

}  // namespace

size_t span_of(const std::vector<Span>& spans, uint32_t value) {
  const auto after =
      std::upper_bound(spans.begin(), spans.end(), value,
                       [](uint32_t wanted, const Span& span) { return wanted < span.first; });
  return static_cast<size_t>(after - spans.begin()) - 1;
}

Id search_tree(DecisionDag& dag, const Word& word, const std::vector<Span>& spans, TestPrice price,
               const std::vector<SeenWord>& seen) {
  return SearchTree(dag, word, joined_where_alike(word, spans), price, seen).build();
}

}  // namespace qsbx
