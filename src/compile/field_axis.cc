// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/compile/field_axis.h"

#include <algorithm>

#include "src/bpf/program.h"
#include "src/compile/search_tree.h"

namespace qsbx {
namespace {

using Id = DecisionDag::Id;

// Among arguments that no run was recorded for, a test more in the program is worth four of its
// parts being reached one test earlier.
constexpr TestPrice kPrice = 4;
constexpr double kUnseen = 1;

uint32_t low(uint64_t value) { return static_cast<uint32_t>(value); }
uint32_t high(uint64_t value) { return static_cast<uint32_t>(value >> 32); }

Word low_word(const Field& field) {
  return {argument_offset(field.argument, false), low(field.mask)};
}

Word high_word(const Field& field) {
  return {argument_offset(field.argument, true), high(field.mask)};
}

struct Part {
  uint64_t first;
  Id target;
};

class FieldAxis {
 public:
  FieldAxis(DecisionDag& dag, const Field& field, const std::vector<WeightedValue>& seen)
      : dag_(dag), field_(field), seen_(seen) {}

  Id choose(const std::vector<Part>& parts) const {
    if (high(field_.mask) == 0) return choose_low(parts, [](uint64_t) { return true; });
    return search_tree(dag_, high_word(field_), high_spans(parts), kPrice);
  }

 private:
  // Of the values for which `counts` holds.
  template <typename Counts>
  Id choose_low(const std::vector<Part>& parts, const Counts& counts) const {
    if (low(field_.mask) == 0) return parts.back().target;
    std::vector<Span> spans;
    for (const Part& part : parts) spans.push_back({low(part.first), part.target, kUnseen});
    std::vector<SeenWord> words;
    for (const auto& [argument, weight] : seen_) {
      const uint64_t value = argument & field_.mask;
      if (!counts(value)) continue;
      cut_out(spans, low(value));
      add_weight(spans, low(value), weight);
      words.push_back({low(argument), weight});
    }
    return search_tree(dag_, low_word(field_), spans, kPrice, words);
  }

  // Parts of which one begins at this high word after another has gone before it in the same one.
  Id choose_within(uint32_t high_value, std::vector<Part> parts, Id before) const {
    if (low(parts.front().first) != 0) parts.insert(parts.begin(), {0, before});
    return choose_low(parts, [&](uint64_t value) { return high(value) == high_value; });
  }

  std::vector<Span> high_spans(const std::vector<Part>& parts) const {
    std::vector<Span> spans;
    Id before = parts.front().target;
    for (size_t i = 0; i < parts.size();) {
      const uint32_t value = high(parts[i].first);
      std::vector<Part> same;
      while (i < parts.size() && high(parts[i].first) == value) same.push_back(parts[i++]);
      const bool whole = same.size() == 1 && low(same.front().first) == 0;
      const Id after = same.back().target;
      spans.push_back({value, whole ? after : choose_within(value, same, before), kUnseen});
      const auto next = next_masked_value(high(field_.mask), value);
      const bool has_room = next && (i == parts.size() || *next < high(parts[i].first));
      if (!whole && has_room) spans.push_back({low(*next), after, kUnseen});
      before = after;
    }
    for (const auto& [argument, weight] : seen_) {
      add_weight(spans, high(argument & field_.mask), weight);
    }
    return spans;
  }

  static void add_weight(std::vector<Span>& spans, uint32_t value, double weight) {
    spans[span_of(spans, value)].weight += weight;
  }

  // A value that was seen may be worth a test of its own, whatever it shares a part with.
  void cut_out(std::vector<Span>& spans, uint32_t value) const {
    cut(spans, value);
    if (const auto next = next_masked_value(low(field_.mask), value)) cut(spans, low(*next));
  }

  static void cut(std::vector<Span>& spans, uint32_t value) {
    const auto span = spans.begin() + static_cast<ptrdiff_t>(span_of(spans, value));
    if (span->first != value) spans.insert(span + 1, {value, span->target, 0});
  }

  DecisionDag& dag_;
  Field field_;
  const std::vector<WeightedValue>& seen_;
};

}  // namespace

std::vector<ValueRange> parts_of(const Field& field, const std::vector<const ValueSet*>& sets) {
  std::vector<uint64_t> firsts = {0};
  for (const ValueSet* set : sets) {
    for (const ValueRange& range : set->ranges) {
      firsts.push_back(range.first);
      if (const auto after = next_masked_value(field.mask, range.last)) firsts.push_back(*after);
    }
  }
  std::sort(firsts.begin(), firsts.end());
  firsts.erase(std::unique(firsts.begin(), firsts.end()), firsts.end());
  std::vector<ValueRange> parts;
  for (size_t i = 0; i < firsts.size(); i++) {
    const bool is_last = i + 1 == firsts.size();
    const auto second = next_masked_value(field.mask, firsts[i]);
    const bool is_single = !second || (!is_last && *second == firsts[i + 1]);
    const uint64_t last = is_last ? field.mask : firsts[i + 1] - 1;
    parts.push_back({firsts[i], is_single ? firsts[i] : last});
  }
  return parts;
}

Id choose_part(DecisionDag& dag, const Field& field, const std::vector<ValueRange>& parts,
               const std::vector<Id>& targets, const std::vector<WeightedValue>& seen) {
  std::vector<Part> starts;
  for (size_t i = 0; i < parts.size(); i++) {
    if (i == 0 || targets[i] != targets[i - 1]) starts.push_back({parts[i].first, targets[i]});
  }
  return FieldAxis(dag, field, seen).choose(starts);
}

}  // namespace qsbx
