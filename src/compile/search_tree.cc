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
#include <limits>
#include <unordered_map>

#include "src/compile/value_set.h"

namespace qsbx {
namespace {

using Id = DecisionDag::Id;

constexpr size_t kExactSpans = 32;
constexpr size_t kMostHeavy = 6;
constexpr size_t kLongestChain = 4;
// A value is heavy when at least this part of all lookups are for it.
constexpr double kHeavyPart = 1.0 / 64;
// The cost of a test that would tell nothing.
constexpr double kNever = std::numeric_limits<double>::infinity();

bool go_on_alike(const Span& a, const Span& b) { return a.target == b.target; }

std::vector<Span> joined_where_alike(std::vector<Span> spans) {
  std::vector<Span> joined;
  for (const Span& span : spans) {
    if (!joined.empty() && go_on_alike(joined.back(), span)) {
      joined.back().weight += span.weight;
    } else {
      joined.push_back(span);
    }
  }
  return joined;
}

// Spans [first, last), of which the `tested` heaviest heavy ones have been tested for equality.
struct Interval {
  size_t first;
  size_t last;
  size_t tested;

  bool operator==(const Interval&) const = default;
};

struct IntervalHash {
  size_t operator()(const Interval& interval) const {
    return (interval.first << 24 | interval.last << 4 | interval.tested) * 0x9e3779b97f4a7c15U;
  }
};

struct Plan {
  enum class Kind { kDone, kThreshold, kEquality, kChain };

  double cost;
  Kind kind;
  size_t span;  // kThreshold: the first one of the upper half; kEquality: the one tested for
};

class SearchTree {
 public:
  SearchTree(DecisionDag& dag, const Word& word, std::vector<Span> spans, TestPrice price)
      : dag_(dag), word_(word), spans_(std::move(spans)), price_(price) {
    sum_weights();
    find_heavy();
  }

  Id build() { return build({0, spans_.size(), 0}); }

 private:
  void sum_weights();
  void find_heavy();

  uint32_t last_value(size_t span) const {
    return span + 1 < spans_.size() ? spans_[span + 1].first - 1 : word_.mask;
  }
  bool is_single_value(size_t span) const {
    const auto next = next_masked_value(word_.mask, spans_[span].first);
    return !next || *next > last_value(span);
  }
  bool is_inside(size_t span, const Interval& interval) const {
    return interval.first <= span && span < interval.last;
  }

  std::vector<size_t> heavy_in(const Interval& interval) const;
  // The spans that are still possible.
  std::vector<size_t> remaining(const Interval& interval) const;
  double weight_of(const Interval& interval) const;
  Interval cut(const Interval& interval, size_t first, size_t last) const;
  std::vector<size_t> cuts(const Interval& interval) const;

  const Plan& plan(const Interval& interval);
  Plan best_plan(const Interval& interval);
  // The spans to be tested for one after the other, heaviest first, the rest going on alike; empty
  // when that is not possible.
  std::vector<size_t> chain(const std::vector<size_t>& spans) const;
  double cost_of_chain(const std::vector<size_t>& chain, double weight) const;

  Id build(const Interval& interval);
  Id build_chain(const Interval& interval);
  Id equals(size_t span, Id yes, Id no);

  DecisionDag& dag_;
  Word word_;
  std::vector<Span> spans_;
  TestPrice price_;
  std::vector<double> weight_before_;  // of all spans before this one
  std::vector<size_t> heavy_;          // heaviest first
  std::unordered_map<Interval, Plan, IntervalHash> plans_;
};

void SearchTree::sum_weights() {
  weight_before_.push_back(0);
  for (const Span& span : spans_) weight_before_.push_back(weight_before_.back() + span.weight);
}

void SearchTree::find_heavy() {
  const double least = weight_before_.back() * kHeavyPart;
  for (size_t i = 0; i < spans_.size(); i++) {
    if (spans_[i].weight >= least && is_single_value(i)) heavy_.push_back(i);
  }
  std::stable_sort(heavy_.begin(), heavy_.end(),
                   [&](size_t a, size_t b) { return spans_[a].weight > spans_[b].weight; });
  if (heavy_.size() > kMostHeavy) heavy_.resize(kMostHeavy);
}

std::vector<size_t> SearchTree::heavy_in(const Interval& interval) const {
  std::vector<size_t> inside;
  for (const size_t span : heavy_) {
    if (is_inside(span, interval)) inside.push_back(span);
  }
  return inside;
}

std::vector<size_t> SearchTree::remaining(const Interval& interval) const {
  const std::vector<size_t> heavy = heavy_in(interval);
  const auto tested_end = heavy.begin() + static_cast<ptrdiff_t>(interval.tested);
  std::vector<size_t> spans;
  for (size_t i = interval.first; i < interval.last; i++) {
    if (std::find(heavy.begin(), tested_end, i) == tested_end) spans.push_back(i);
  }
  return spans;
}

double SearchTree::weight_of(const Interval& interval) const {
  double weight = weight_before_[interval.last] - weight_before_[interval.first];
  const std::vector<size_t> heavy = heavy_in(interval);
  for (size_t i = 0; i < interval.tested; i++) weight -= spans_[heavy[i]].weight;
  return weight;
}

// What has been tested for stays so in the part it lies in, where it is among the heaviest too.
Interval SearchTree::cut(const Interval& interval, size_t first, size_t last) const {
  const std::vector<size_t> heavy = heavy_in(interval);
  Interval part = {first, last, 0};
  for (size_t i = 0; i < interval.tested; i++) part.tested += is_inside(heavy[i], part) ? 1 : 0;
  return part;
}

std::vector<size_t> SearchTree::cuts(const Interval& interval) const {
  std::vector<size_t> cuts;
  if (interval.last - interval.first <= kExactSpans) {
    for (size_t i = interval.first + 1; i < interval.last; i++) cuts.push_back(i);
    return cuts;
  }
  const auto add = [&](size_t span) {
    if (span > interval.first && span < interval.last) cuts.push_back(span);
  };
  const double middle = (weight_before_[interval.first] + weight_before_[interval.last]) / 2;
  const auto place = std::upper_bound(weight_before_.begin(), weight_before_.end(), middle);
  const auto median = static_cast<size_t>(place - weight_before_.begin());
  for (size_t span = std::max<size_t>(median, 2) - 2; span <= median + 1; span++) add(span);
  add(interval.first + (interval.last - interval.first) / 2);
  for (const size_t span : heavy_in(interval)) {
    add(span);
    add(span + 1);
  }
  return cuts;
}

const Plan& SearchTree::plan(const Interval& interval) {
  const auto known = plans_.find(interval);
  if (known != plans_.end()) return known->second;
  const Plan best = best_plan(interval);
  return plans_.emplace(interval, best).first->second;
}

Plan SearchTree::best_plan(const Interval& interval) {
  const std::vector<size_t> spans = remaining(interval);
  if (spans.empty()) return {kNever, Plan::Kind::kDone, 0};
  const auto alike = [&](size_t span) { return go_on_alike(spans_[span], spans_[spans.front()]); };
  if (std::all_of(spans.begin(), spans.end(), alike)) return {0, Plan::Kind::kDone, 0};

  const double weight = weight_of(interval);
  Plan best = {kNever, Plan::Kind::kDone, 0};
  const auto consider = [&](Plan plan) {
    if (plan.cost < best.cost) best = plan;
  };
  if (const std::vector<size_t> tests = chain(spans); !tests.empty()) {
    consider({cost_of_chain(tests, weight), Plan::Kind::kChain, 0});
  }
  const std::vector<size_t> heavy = heavy_in(interval);
  if (interval.tested < heavy.size()) {
    const Interval rest = {interval.first, interval.last, interval.tested + 1};
    consider({weight + price_ + plan(rest).cost, Plan::Kind::kEquality, heavy[interval.tested]});
  }
  for (const size_t middle : cuts(interval)) {
    const double below = plan(cut(interval, interval.first, middle)).cost;
    const double above = plan(cut(interval, middle, interval.last)).cost;
    consider({weight + price_ + below + above, Plan::Kind::kThreshold, middle});
  }
  return best;
}

std::vector<size_t> SearchTree::chain(const std::vector<size_t>& spans) const {
  const auto wide =
      std::find_if(spans.begin(), spans.end(), [&](size_t span) { return !is_single_value(span); });
  const Span& rest = spans_[wide == spans.end() ? spans.back() : *wide];
  std::vector<size_t> tests;
  for (const size_t span : spans) {
    if (go_on_alike(spans_[span], rest)) continue;
    if (!is_single_value(span) || tests.size() == kLongestChain) return {};
    tests.push_back(span);
  }
  std::stable_sort(tests.begin(), tests.end(),
                   [&](size_t a, size_t b) { return spans_[a].weight > spans_[b].weight; });
  return tests;
}

double SearchTree::cost_of_chain(const std::vector<size_t>& chain, double weight) const {
  double cost = 0;
  for (const size_t span : chain) {
    cost += weight + price_;
    weight -= spans_[span].weight;
  }
  return cost;
}

Id SearchTree::build(const Interval& interval) {
  const Plan chosen = plan(interval);
  switch (chosen.kind) {
    case Plan::Kind::kDone:
      return spans_[remaining(interval).front()].target;
    case Plan::Kind::kChain:
      return build_chain(interval);
    case Plan::Kind::kEquality:
      return equals(chosen.span, spans_[chosen.span].target,
                    build({interval.first, interval.last, interval.tested + 1}));
    case Plan::Kind::kThreshold:
      break;
  }
  const Id upper = build(cut(interval, chosen.span, interval.last));
  const Id lower = build(cut(interval, interval.first, chosen.span));
  return dag_.test(word_, WordTest::kGreaterEqual, spans_[chosen.span].first, upper, lower);
}

Id SearchTree::build_chain(const Interval& interval) {
  const std::vector<size_t> spans = remaining(interval);
  const std::vector<size_t> tests = chain(spans);
  const auto rest = std::find_if(spans.begin(), spans.end(), [&](size_t span) {
    return std::find(tests.begin(), tests.end(), span) == tests.end();
  });
  Id next = spans_[*rest].target;
  for (auto span = tests.rbegin(); span != tests.rend(); ++span) {
    next = equals(*span, spans_[*span].target, next);
  }
  return next;
}

// JSET brings its own mask, which saves the AND before a comparison.
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

Id search_tree(DecisionDag& dag, const Word& word, std::vector<Span> spans, TestPrice price) {
  return SearchTree(dag, word, joined_where_alike(std::move(spans)), price).build();
}

}  // namespace qsbx
