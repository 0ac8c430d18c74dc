// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/support/random_policy.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iterator>

namespace qsbx::testing {
namespace {

constexpr uint64_t kInteresting[] = {0,
                                     1,
                                     2,
                                     3,
                                     0x7f,
                                     0x80,
                                     0xff,
                                     0x7fff,
                                     0x8000,
                                     0xffff,
                                     0x7fffffff,
                                     0x80000000,
                                     0xfffffffe,
                                     0xffffffff,
                                     0x100000000,
                                     0x100000001,
                                     0x7fffffffffffffff,
                                     0x8000000000000000,
                                     0xfffffffffffffffe,
                                     0xffffffffffffffff};

uint64_t below(Random& random, uint64_t limit) { return random() % limit; }

uint64_t interesting_value(Random& random) {
  const uint64_t value = kInteresting[below(random, std::size(kInteresting))];
  return below(random, 4) == 0 ? value + below(random, 5) - 2 : value;
}

// What a constant on this operand may be: see ExpressionNode.
uint64_t fitting(const Operand& operand, uint64_t value) {
  Arguments arguments = {};
  arguments[static_cast<size_t>(operand.argument)] = value;
  Operand whole = operand;
  whole.mask = ~uint64_t{0};
  return operand_value(whole, arguments);
}

Operand random_operand(Random& random, const Syscall& call) {
  const size_t argument = below(random, call.arguments.size());
  const SyscallArgument& type = call.arguments[argument];
  Operand operand = {static_cast<int>(argument), type.bits, type.is_signed, ~uint64_t{0}};
  if (below(random, 3) == 0) {
    operand.mask = interesting_value(random);
    operand.is_signed = false;
    if (operand.bits < 64) operand.mask &= (uint64_t{1} << operand.bits) - 1;
  }
  return operand;
}

Expression random_test(Random& random, const Syscall& call) {
  const Operand operand = random_operand(random, call);
  if (below(random, 3) != 0) {
    return Expression::compare(operand, static_cast<Comparator>(below(random, 6)),
                               fitting(operand, interesting_value(random)));
  }
  std::vector<ValueRange> ranges;
  for (uint64_t i = below(random, 6) + 1; i > 0; i--) {
    ValueRange range = {fitting(operand, interesting_value(random)),
                        fitting(operand, interesting_value(random))};
    const bool reversed = operand.is_signed
                              ? static_cast<int64_t>(range.last) < static_cast<int64_t>(range.first)
                              : range.last < range.first;
    if (reversed || below(random, 2) == 0) range.last = range.first;
    ranges.push_back(range);
  }
  return Expression::in(operand, ranges);
}

const Syscall& random_syscall(Random& random, Architecture architecture) {
  const auto table = syscalls(architecture);
  return table[below(random, table.size())];
}

void collect_values(const Expression& expression, std::vector<uint64_t>& values) {
  const ExpressionNode& node = expression.node();
  values.push_back(node.value);
  values.push_back(node.operand.mask);
  for (const ValueRange& range : node.ranges) {
    values.push_back(range.first);
    values.push_back(range.last);
  }
  for (const Expression& term : node.terms) collect_values(term, values);
}

uint32_t random_architecture_word(Random& random, const Policy& policy) {
  switch (below(random, 24)) {
    case 0:
      return static_cast<uint32_t>(random());
    case 1:
      return 0x40000003;  // AUDIT_ARCH_I386
    default:
      return audit_architecture(policy.architecture());
  }
}

uint32_t random_number(Random& random, const Policy& policy) {
  const uint64_t choice = below(random, 20);
  if (choice == 0) return static_cast<uint32_t>(random());
  if (policy.calls().empty()) return static_cast<uint32_t>(below(random, 500));
  auto entry = policy.calls().begin();
  std::advance(entry, below(random, policy.calls().size()));
  const uint32_t number = static_cast<uint32_t>(entry->first);
  if (choice == 1) return number | kX32Bit;
  if (choice == 2) return number + 1;
  if (choice == 3) return number - 1;
  return number;
}

uint64_t random_argument(Random& random, const std::vector<uint64_t>& values) {
  uint64_t value = values.empty() || below(random, 4) == 0 ? interesting_value(random)
                                                           : values[below(random, values.size())];
  if (below(random, 4) == 0) value += below(random, 3) - 1;
  if (below(random, 4) == 0) value ^= random() << 32;
  if (below(random, 8) == 0) value = random();
  return value;
}

}  // namespace

uint64_t test_seed() {
  const char* given = getenv("QSBX_TEST_SEED");
  const uint64_t seed =
      given != nullptr
          ? strtoull(given, nullptr, 0)
          : static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  printf("QSBX_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

Expression random_expression(Random& random, const Syscall& call, int depth) {
  if (call.arguments.empty()) return Expression::always();
  if (depth == 0 || below(random, 3) == 0) return random_test(random, call);
  std::vector<Expression> terms;
  for (uint64_t i = below(random, 3) + 1; i > 0; i--) {
    terms.push_back(random_expression(random, call, depth - 1));
  }
  switch (below(random, 3)) {
    case 0:
      return Expression::all_of(std::move(terms));
    case 1:
      return Expression::any_of(std::move(terms));
    default:
      return Expression::negation(Expression::any_of(std::move(terms)));
  }
}

Policy random_policy(Random& random, Architecture architecture, int calls) {
  Policy policy(architecture);
  policy.grant(random_syscall(random, architecture).number, {Expression::always(), {}});
  for (int i = 0; i < calls; i++) {
    const Syscall& call = random_syscall(random, architecture);
    const Origin origin = {"random", "random.profile", i + 1};
    const bool plain = below(random, 2) == 0;
    policy.grant(call.number,
                 {plain ? Expression::always() : random_expression(random, call, 3), origin});
    if (below(random, 6) == 0)
      (void)policy.refuse(call.number, {38, origin, below(random, 2) == 0});
  }
  return policy;
}

struct seccomp_data random_call(Random& random, const Policy& policy) {
  struct seccomp_data data = {};
  data.arch = random_architecture_word(random, policy);
  data.nr = static_cast<int>(random_number(random, policy));
  std::vector<uint64_t> values;
  const auto entry = policy.calls().find(data.nr);
  if (entry != policy.calls().end()) collect_values(entry->second.condition(), values);
  for (auto& argument : data.args) argument = random_argument(random, values);
  return data;
}

Call as_call(const struct seccomp_data& data) {
  Call call = {data.arch, data.nr, {}};
  std::copy(std::begin(data.args), std::end(data.args), call.arguments.begin());
  return call;
}

struct seccomp_data as_data(const Call& call) {
  struct seccomp_data data = {};
  data.arch = call.audit_arch;
  data.nr = call.number;
  std::copy(call.arguments.begin(), call.arguments.end(), std::begin(data.args));
  return data;
}

}  // namespace qsbx::testing
