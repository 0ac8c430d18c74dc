// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/compile/decision_dag.h"

namespace qsbx {

bool DecisionDag::Node::holds_for(uint32_t value) const {
  const uint32_t masked = value & word.mask;
  switch (test) {
    case WordTest::kEqual:
      return masked == constant;
    case WordTest::kGreaterEqual:
      return masked >= constant;
    case WordTest::kIntersects:
      return (masked & constant) != 0;
  }
  return false;
}

DecisionDag::Id DecisionDag::action(uint32_t value) {
  const auto [entry, is_new] = actions_.try_emplace(value, static_cast<Id>(nodes_.size()));
  if (is_new) {
    nodes_.push_back({.is_action = true,
                      .action = value,
                      .word = {0, 0},
                      .test = WordTest::kEqual,
                      .constant = 0,
                      .yes = 0,
                      .no = 0});
  }
  return entry->second;
}

DecisionDag::Id DecisionDag::test(Word word, WordTest test, uint32_t constant, Id yes, Id no) {
  if (yes == no) return yes;
  const Key key{word.offset, word.mask, static_cast<int>(test), constant, yes, no};
  const auto [entry, is_new] = tests_.try_emplace(key, static_cast<Id>(nodes_.size()));
  if (is_new) {
    nodes_.push_back({.is_action = false,
                      .action = 0,
                      .word = word,
                      .test = test,
                      .constant = constant,
                      .yes = yes,
                      .no = no});
  }
  return entry->second;
}

}  // namespace qsbx
