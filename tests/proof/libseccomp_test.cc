// SPDX-License-Identifier: LGPL-2.1-or-later
//
// libseccomp, as a second opinion on what it does surely: rules of equality and masked equality, at
// most one for each argument, and the union of rules that look at the same bits. Rules of different
// shape go into programs of their own, and what any of them allows is their union.
#include <errno.h>
#include <gtest/gtest.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>

#include "src/bpf/interpreter.h"
#include "src/compile/compile.h"
#include "tests/support/random_policy.h"

namespace qsbx {
namespace {

using testing::Random;

const Actions kActions = {.deny = SECCOMP_RET_ERRNO | EPERM,
                          .refusals_allow = false,
                          .foreign = SECCOMP_RET_KILL_PROCESS};

uint64_t below(Random& random, uint64_t end) { return random() % end; }

class Libseccomp {
 public:
  explicit Libseccomp(uint32_t optimization) : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM))) {
    EXPECT_EQ(seccomp_attr_set(context_, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), 0);
    EXPECT_EQ(seccomp_attr_set(context_, SCMP_FLTATR_CTL_OPTIMIZE, optimization), 0);
  }
  ~Libseccomp() { seccomp_release(context_); }
  Libseccomp(const Libseccomp&) = delete;
  Libseccomp& operator=(const Libseccomp&) = delete;

  void allow(int number, const std::vector<struct scmp_arg_cmp>& rule) {
    const int status = seccomp_rule_add_array(context_, SCMP_ACT_ALLOW, number,
                                              static_cast<unsigned>(rule.size()), rule.data());
    EXPECT_TRUE(status == 0 || status == -EEXIST) << status;
  }

  Program program() const {
    const int file = memfd_create("program", 0);
    EXPECT_EQ(seccomp_export_bpf(context_, file), 0);
    Program program(static_cast<size_t>(lseek(file, 0, SEEK_END)) / sizeof(Instruction));
    const ssize_t size = static_cast<ssize_t>(program.size() * sizeof(Instruction));
    EXPECT_EQ(pread(file, program.data(), static_cast<size_t>(size), 0), size);
    close(file);
    EXPECT_TRUE(check_program(program).ok());
    return program;
  }

 private:
  scmp_filter_ctx context_;
};

// What a rule looks at; the values are still to come.
struct Look {
  unsigned argument;
  std::optional<uint64_t> mask;
};

// One rule, said twice.
struct Rule {
  std::vector<Expression> terms;
  std::vector<struct scmp_arg_cmp> comparisons;
};

uint64_t some_mask(Random& random) {
  static constexpr uint64_t kMasks[] = {0xffff,
                                        0xffffffff,
                                        ~uint64_t{0},
                                        3,
                                        0x80000000,
                                        0x8000000000000000,
                                        0xffffffff00000000,
                                        0x1ffffffff,
                                        0xf0f0f0f0f0f0f0f0,
                                        1};
  return kMasks[below(random, std::size(kMasks))];
}

uint64_t some_value(Random& random) {
  static constexpr uint64_t kValues[] = {0,
                                         1,
                                         2,
                                         3,
                                         0x7fffffff,
                                         0x80000000,
                                         0xffffffff,
                                         0x100000000,
                                         0x8000000000000000,
                                         0xffffffff00000000,
                                         0xffffffffffffffff};
  return kValues[below(random, std::size(kValues))];
}

std::vector<Look> some_looks(Random& random) {
  std::vector<Look> looks;
  for (unsigned argument = 0; argument < 6; ++argument) {
    if (below(random, 3) != 0) continue;
    looks.push_back({argument, std::nullopt});
    if (below(random, 2) == 0) looks.back().mask = some_mask(random);
  }
  return looks;
}

// A mask of all low bits is a narrower argument as well.
Operand operand_of(const Look& look) {
  const int argument = static_cast<int>(look.argument);
  const uint64_t mask = look.mask.value_or(~uint64_t{0});
  if (mask == 0xffff) return {argument, 16, false, ~uint64_t{0}};
  if (mask == 0xffffffff) return {argument, 32, false, ~uint64_t{0}};
  return {argument, 64, false, mask};
}

Rule some_rule(Random& random, const std::vector<Look>& looks) {
  Rule rule;
  for (const Look& look : looks) {
    const uint64_t value = some_value(random) & look.mask.value_or(~uint64_t{0});
    rule.terms.push_back(Expression::compare(operand_of(look), Comparator::kEqual, value));
    rule.comparisons.push_back(
        look.mask ? scmp_arg_cmp{look.argument, SCMP_CMP_MASKED_EQ, *look.mask, value}
                  : scmp_arg_cmp{look.argument, SCMP_CMP_EQ, value, 0});
  }
  return rule;
}

constexpr size_t kUnlikeRules = 3;

struct CallRules {
  bool alike;  // all look at the same bits
  std::vector<Rule> rules;
};

CallRules some_rules(Random& random) {
  CallRules call{below(random, 2) == 0, {}};
  const std::vector<Look> looks = some_looks(random);
  for (uint64_t i = below(random, call.alike ? 8 : kUnlikeRules) + 1; i > 0; --i) {
    call.rules.push_back(some_rule(random, call.alike ? looks : some_looks(random)));
  }
  return call;
}

struct Pair {
  Policy policy{native_architecture()};
  std::vector<Program> theirs;  // a call is allowed if any of them allows it
};

Pair some_pair(Random& random, uint32_t optimization) {
  std::vector<std::unique_ptr<Libseccomp>> filters;
  while (filters.size() < kUnlikeRules) {
    filters.push_back(std::make_unique<Libseccomp>(optimization));
  }
  Pair pair;
  int line = 0;
  for (int number = 0; number < 200; number += 1 + static_cast<int>(below(random, 40))) {
    const CallRules call = some_rules(random);
    for (size_t i = 0; i < call.rules.size(); ++i) {
      const Rule& rule = call.rules[i];
      filters[call.alike ? 0 : i]->allow(number, rule.comparisons);
      // Origins of their own: alike in text may be two comparisons of different widths.
      pair.policy.grant(number, {Expression::all_of(rule.terms), {"random", "random", ++line}});
    }
  }
  for (const auto& filter : filters) pair.theirs.push_back(filter->program());
  return pair;
}

uint32_t answer_of(const std::vector<Program>& union_of, const struct seccomp_data& call) {
  uint32_t answer = 0;
  for (const Program& program : union_of) {
    answer = run(program, call).action;
    if (answer == SECCOMP_RET_ALLOW) break;
  }
  return answer;
}

std::string listing_of(const std::vector<Program>& programs) {
  std::string text;
  for (const Program& program : programs) text += listing(program, native_architecture()) + "\n";
  return text;
}

// What a tracer has made -1 is no call any more, and gets libseccomp's default action; and only
// x86_64 has x32.
bool is_comparable(const struct seccomp_data& call) {
  const uint32_t number = static_cast<uint32_t>(call.nr);
  return number < kX32Bit ||
         (number != UINT32_MAX && native_architecture() == Architecture::kX86_64);
}

class LibseccompAgrees : public ::testing::TestWithParam<uint32_t> {};

TEST_P(LibseccompAgrees, OnEqualityAndMaskedEquality) {
  Random random(testing::test_seed());
  int compared = 0, allowed = 0;
  for (int round = 0; round < 5000; ++round) {
    const Pair pair = some_pair(random, GetParam());
    const Result<Program> ours = compile(pair.policy, kActions);
    ASSERT_TRUE(ours.ok()) << ours.error().message;
    for (int i = 0; i < 100; ++i) {
      const struct seccomp_data call = testing::random_call(random, pair.policy);
      if (!is_comparable(call)) continue;
      const uint32_t meant = action_of(pair.policy, kActions, testing::as_call(call));
      ASSERT_EQ(answer_of(pair.theirs, call), meant)
          << "nr " << call.nr << " args " << std::hex << call.args[0] << " " << call.args[1] << " "
          << call.args[2] << " " << call.args[3] << " " << call.args[4] << " " << call.args[5]
          << "\n"
          << listing_of(pair.theirs);
      ASSERT_EQ(run(*ours, call).action, meant);
      ++compared;
      allowed += meant == SECCOMP_RET_ALLOW ? 1 : 0;
    }
  }
  std::cout << compared << " calls compared, " << allowed << " of them allowed\n";
  EXPECT_GT(allowed, 10'000);
}

INSTANTIATE_TEST_SUITE_P(Differential, LibseccompAgrees, ::testing::Values(1U, 2U));

}  // namespace
}  // namespace qsbx
