// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which of many values a word has, with the fewest tests: the dispatch on system call numbers, and
// on the values of an argument.
#ifndef QSBX_COMPILE_SEARCH_TREE_H_
#define QSBX_COMPILE_SEARCH_TREE_H_

#include <cstddef>
#include <vector>

#include "src/compile/decision_dag.h"

namespace qsbx {

// Values from `first` up to the next span's, which all go on to `target`.
struct Span {
  uint32_t first;
  DecisionDag::Id target;
  double weight;  // how often the word lies in it; only the ratios count
};

// Of spans that start at 0, the one that the value lies in.
size_t span_of(const std::vector<Span>& spans, uint32_t value);

// What one more instruction may save, in units of weight: a tree that executes fewer instructions
// is chosen over one that is smaller when it saves at least so much.
using TestPrice = double;

// What the whole word was, mask or not, and how often.
struct SeenWord {
  uint32_t value;
  double weight;
};

// `spans` starts at 0 and covers all values without a bit outside `word.mask`; neighbours may go on
// alike. The node that goes on to where the word's value belongs. Of a word that has to be masked,
// one value of `seen` that most have is asked for before the mask is applied.
DecisionDag::Id search_tree(DecisionDag& dag, const Word& word, const std::vector<Span>& spans,
                            TestPrice price, const std::vector<SeenWord>& seen = {});

}  // namespace qsbx

#endif
