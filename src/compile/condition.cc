// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Expressions become tests from the back: a term is given the nodes that follow it when it holds
// and when it does not, and returns its own first node. Conjunction, disjunction and negation so
// cost no instruction.
#include "src/compile/condition.h"

#include <algorithm>

#include "src/bpf/program.h"
#include "src/compile/value_set.h"

namespace qsbx {
namespace {

using Id = DecisionDag::Id;
using Kind = ExpressionNode::Kind;
using Iterator = std::vector<ValueRange>::const_iterator;

constexpr uint32_t kWordMax = 0xffffffff;

struct WordRange {
  uint32_t first;
  uint32_t last;
};

uint32_t low(uint64_t value) { return static_cast<uint32_t>(value); }
uint32_t high(uint64_t value) { return static_cast<uint32_t>(value >> 32); }

class WordLowering {
 public:
  WordLowering(DecisionDag& dag, Word word) : dag_(dag), word_(word) {}

  Id equals(uint32_t value, Id yes, Id no) const {
    if ((value & ~word_.mask) != 0) return no;
    if (value == 0 && word_.mask != kWordMax) return intersects(no, yes);
    const bool single_bit = (word_.mask & (word_.mask - 1)) == 0;
    if (value == word_.mask && single_bit) return intersects(yes, no);
    return dag_.test(word_, WordTest::kEqual, value, yes, no);
  }

  Id at_least(uint32_t value, Id yes, Id no) const {
    if (value == 0) return yes;
    if (value > word_.mask) return no;
    return dag_.test(word_, WordTest::kGreaterEqual, value, yes, no);
  }

  Id at_most(uint32_t value, Id yes, Id no) const {
    if (value >= word_.mask) return yes;
    return dag_.test(word_, WordTest::kGreater, value, no, yes);
  }

  Id in(const WordRange& range, Id yes, Id no) const {
    if (range.first == range.last) return equals(range.first, yes, no);
    return at_least(range.first, at_most(range.last, yes, no), no);
  }

 private:
  // JSET takes the mask as its constant and needs no AND before it.
  Id intersects(Id yes, Id no) const {
    if (word_.mask == 0) return no;
    return dag_.test({word_.offset, kWordMax}, WordTest::kIntersects, word_.mask, yes, no);
  }

  DecisionDag& dag_;
  Word word_;
};

class SetLowering {
 public:
  SetLowering(DecisionDag& dag, const Field& field)
      : dag_(dag),
        mask_(field.mask),
        low_(dag, {argument_offset(field.argument, false), low(field.mask)}),
        high_(dag, {argument_offset(field.argument, true), high(field.mask)}) {}

  // Few ranges are asked one after the other; many by halves.
  Id lower(Iterator first, Iterator last, Id yes, Id no) const {
    if (first == last) return no;
    if (last - first <= kLinearRanges) {
      Id next = no;
      while (last != first) next = one(*--last, yes, next);
      return next;
    }
    const Iterator middle = first + (last - first) / 2;
    return at_least(middle->first, lower(middle, last, yes, no), lower(first, middle, yes, no));
  }

 private:
  static constexpr int kLinearRanges = 3;

  bool is_one_word() const { return high(mask_) == 0; }

  Id at_least(uint64_t value, Id yes, Id no) const {
    if (is_one_word()) return high(value) != 0 ? no : low_.at_least(low(value), yes, no);
    const Id same_high = low_.at_least(low(value), yes, no);
    if (same_high == yes) return high_.at_least(high(value), yes, no);
    return high_.in({high(value), high(value)}, same_high, above_high(value, yes, no));
  }

  Id above_high(uint64_t value, Id yes, Id no) const {
    return high(value) == kWordMax ? no : high_.at_least(high(value) + 1, yes, no);
  }

  Id at_most(uint64_t value, Id yes, Id no) const {
    return value == ~uint64_t{0} ? yes : at_least(value + 1, no, yes);
  }

  Id one(const ValueRange& range, Id yes, Id no) const {
    if (is_one_word()) return one_in_low_word(range, yes, no);
    if (high(range.first) == high(range.last)) {
      return high_.equals(high(range.first), low_.in({low(range.first), low(range.last)}, yes, no),
                          no);
    }
    return at_least(range.first, at_most(range.last, yes, no), no);
  }

  Id one_in_low_word(const ValueRange& range, Id yes, Id no) const {
    if (high(range.first) != 0) return no;
    const uint32_t last = high(range.last) != 0 ? kWordMax : low(range.last);
    return low_.in({low(range.first), last}, yes, no);
  }

  DecisionDag& dag_;
  uint64_t mask_;
  WordLowering low_;
  WordLowering high_;
};

Id lower_set(DecisionDag& dag, const ValueSet& set, Id yes, Id no) {
  return SetLowering(dag, set.field).lower(set.ranges.begin(), set.ranges.end(), yes, no);
}

bool is_test(const Expression& term) {
  return term.node().kind == Kind::kCompare || term.node().kind == Kind::kIn;
}

// Alternatives that look at the same field, such as the ioctl commands that many profiles grant,
// become one set.
std::vector<ValueSet> merged_tests(const std::vector<Expression>& terms) {
  std::vector<ValueSet> sets;
  for (const Expression& term : terms) {
    if (!is_test(term)) continue;
    const ValueSet set = value_set(term.node());
    const auto same = std::find_if(sets.begin(), sets.end(),
                                   [&](const ValueSet& other) { return other.field == set.field; });
    if (same == sets.end()) {
      sets.push_back(set);
    } else {
      *same = united(*same, set);
    }
  }
  return sets;
}

Id lower_any(DecisionDag& dag, const std::vector<Expression>& terms, Id yes, Id no) {
  Id next = no;
  for (auto term = terms.rbegin(); term != terms.rend(); ++term) {
    if (!is_test(*term)) next = lower_condition(dag, *term, yes, next);
  }
  const std::vector<ValueSet> sets = merged_tests(terms);
  for (auto set = sets.rbegin(); set != sets.rend(); ++set) next = lower_set(dag, *set, yes, next);
  return next;
}

Id lower_all(DecisionDag& dag, const std::vector<Expression>& terms, Id yes, Id no) {
  Id next = yes;
  for (auto term = terms.rbegin(); term != terms.rend(); ++term) {
    next = lower_condition(dag, *term, next, no);
  }
  return next;
}

}  // namespace

Id lower_condition(DecisionDag& dag, const Expression& condition, Id yes, Id no) {
  const ExpressionNode& node = condition.node();
  switch (node.kind) {
    case Kind::kConstant:
      return node.constant ? yes : no;
    case Kind::kCompare:
    case Kind::kIn:
      return lower_set(dag, value_set(node), yes, no);
    case Kind::kAll:
      return lower_all(dag, node.terms, yes, no);
    case Kind::kAny:
      return lower_any(dag, node.terms, yes, no);
    case Kind::kNot:
      return lower_condition(dag, node.terms.front(), no, yes);
  }
  return no;
}

}  // namespace qsbx
