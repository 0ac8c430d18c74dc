// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Expressions, policies and calls at random, with a liking for the values at which things go wrong.
#ifndef QSBX_TESTS_POLICY_RANDOM_POLICY_H_
#define QSBX_TESTS_POLICY_RANDOM_POLICY_H_

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "src/policy/actions.h"
#include "src/policy/algebra.h"
#include "src/policy/policy.h"
#include "tests/support/random_policy.h"

namespace qsbx {

inline constexpr Comparator kComparators[] = {Comparator::kEqual,   Comparator::kNotEqual,
                                              Comparator::kLess,    Comparator::kLessEqual,
                                              Comparator::kGreater, Comparator::kGreaterEqual};

inline constexpr uint64_t kBoundaries[] = {0,
                                           1,
                                           2,
                                           0x7f,
                                           0x7ffe,
                                           0x7fff,
                                           0x8000,
                                           0xffff,
                                           0x10000,
                                           0x7fffffff,
                                           0x80000000,
                                           0xfffffffe,
                                           0xffffffff,
                                           0x100000000,
                                           0x100000001,
                                           0x1ffffffff,
                                           0x7fffffffffffffff,
                                           0x8000000000000000,
                                           0xffffffff00000000,
                                           0xffffffff7fffffff,
                                           0xffffffff80000000,
                                           0xffffffffffff8000,
                                           0xfffffffffffffffe,
                                           0xffffffffffffffff};

// read, lseek, mmap, ioctl, clone, openat; of x86_64. All have the three arguments that expressions
// use.
inline constexpr int kSomeCalls[] = {0, 8, 9, 16, 56, 257};

using testing::test_seed;

class RandomPolicies {
 public:
  explicit RandomPolicies(uint64_t seed) : random_(seed) {}

  uint64_t below(uint64_t end) {
    return std::uniform_int_distribution<uint64_t>(0, end - 1)(random_);
  }
  bool one_in(int n) { return below(static_cast<uint64_t>(n)) == 0; }

  template <typename Range>
  auto one_of(const Range& range) {
    return range[below(std::size(range))];
  }

  // A value that the expressions made so far mention, one next to it, or a boundary.
  uint64_t value() {
    const uint64_t base =
        !mentioned_.empty() && !one_in(3) ? one_of(mentioned_) : one_of(kBoundaries);
    switch (below(8)) {
      case 0:
        return base + 1;
      case 1:
        return base - 1;
      case 2:
        return base ^ uint64_t { 1 } << below(64);
      case 3:
        return base | below(UINT32_MAX) << 32;
      case 4:
        return base & UINT32_MAX;
      default:
        return base;
    }
  }

  Operand operand() {
    static constexpr uint8_t kWidths[] = {16, 32, 64};
    Operand operand = {.argument = static_cast<int>(below(3)),
                       .bits = one_of(kWidths),
                       .is_signed = one_in(3),
                       .mask = UINT64_MAX};
    if (!operand.is_signed && one_in(3))
      operand.mask = one_of(kBoundaries) | uint64_t{1} << below(16);
    return operand;
  }

  Expression expression(int depth) {
    if (depth == 0 || one_in(4)) return leaf();
    std::vector<Expression> terms = {expression(depth - 1), expression(depth - 1)};
    switch (below(3)) {
      case 0:
        return Expression::all_of(terms);
      case 1:
        return Expression::any_of(terms);
      default:
        return Expression::negation(terms.front());
    }
  }

  Policy policy(int depth = 2) {
    Policy policy(Architecture::kX86_64);
    for (int number : kSomeCalls) {
      const uint64_t grants = below(3);
      for (uint64_t i = 0; i < grants; ++i) {
        policy.grant(number, {one_in(6) ? Expression::always() : expression(depth), origin()});
      }
      if (one_in(4)) {
        EXPECT_TRUE(policy.refuse(number, {38, origin()}).ok());
      }
    }
    return policy;
  }

  Call call() {
    Call call = {.audit_arch = audit_architecture(Architecture::kX86_64),
                 .number = one_of(kSomeCalls)};
    for (uint64_t& argument : call.arguments) argument = value();
    if (one_in(16)) call.number = static_cast<int>(value());
    if (one_in(16)) call.number |= kX32Bit;
    if (one_in(16)) call.number ^= 1;
    if (one_in(16)) call.audit_arch ^= 1U << below(32);
    return call;
  }

 private:
  Origin origin() { return {"random", "random.profile", ++line_}; }

  // As the language makes sure: a constant that the operand can have.
  uint64_t constant_for(const Operand& operand) {
    Operand plain = operand;
    plain.mask = UINT64_MAX;
    Arguments arguments = {};
    arguments[static_cast<size_t>(operand.argument)] = value();
    mentioned_.push_back(operand_value(plain, arguments));
    return mentioned_.back();
  }

  Expression leaf() {
    const Operand about = operand();
    if (!one_in(4)) {
      return Expression::compare(about, one_of(kComparators), constant_for(about));
    }
    std::vector<ValueRange> ranges;
    for (uint64_t i = below(4) + 1; i-- > 0;) {
      ValueRange range = {constant_for(about), constant_for(about)};
      const bool swapped =
          about.is_signed ? static_cast<int64_t>(range.last) < static_cast<int64_t>(range.first)
                          : range.last < range.first;
      if (swapped) std::swap(range.first, range.last);
      ranges.push_back(range);
    }
    return Expression::in(about, ranges);
  }

  std::mt19937_64 random_;
  std::vector<uint64_t> mentioned_;
  int line_ = 0;
};

inline bool grants(const Policy& policy, const Call& call) {
  return evaluate(policy, call).verdict == Verdict::kAllow;
}

}  // namespace qsbx

#endif
