// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What binding changes of a policy, and that nothing can be closed or replaced afterwards.
#include "src/policy/bound_descriptors.h"

#include <errno.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>

#include "src/bpf/interpreter.h"
#include "src/bpf/kernel_bitmap.h"
#include "src/compile/compile.h"
#include "src/policy/algebra.h"
#include "tests/support/random_policy.h"

namespace qsbx {
namespace {

using enum DescriptorKind;

constexpr Architecture kHere = Architecture::kX86_64;
const Origin kRule = {"test", "test.profile", 7};

int number_of(std::string_view name) { return find_syscall(kHere, name)->number; }

Operand argument(std::string_view call, int index) {
  const SyscallArgument& of = find_syscall(kHere, call)->arguments[static_cast<size_t>(index)];
  return {index, of.bits, of.is_signed, ~uint64_t{0}};
}

void grant(Policy& policy, std::string_view name, const Expression& condition) {
  policy.grant(number_of(name), {condition, kRule});
}

Call call_of(std::string_view name, const Arguments& arguments) {
  return {audit_architecture(kHere), number_of(name), arguments};
}

Verdict verdict(const Policy& policy, std::string_view name, const Arguments& arguments) {
  return evaluate(policy, call_of(name, arguments)).verdict;
}

Expression command_of(DescriptorKind kind, uint64_t command) {
  return Expression::all_of(
      {Expression::any_descriptor(argument("ioctl", 0), kind),
       Expression::compare(argument("ioctl", 1), Comparator::kEqual, command)});
}

// Everything by which a descriptor can be closed or replaced, without a condition.
Policy closing_policy() {
  Policy policy(kHere);
  for (const char* name : {"close", "dup2", "dup3", "close_range", "read"}) {
    grant(policy, name, Expression::always());
  }
  grant(policy, "ioctl", command_of(kTap, FIONBIO));
  grant(policy, "ioctl", command_of(kKvmVm, FIONREAD));
  return policy;
}

TEST(Unbound, ARuleLetsEveryDescriptorThrough) {
  const Policy policy = closing_policy();
  EXPECT_EQ(verdict(policy, "ioctl", {0, FIONBIO}), Verdict::kAllow);
  EXPECT_EQ(verdict(policy, "ioctl", {0xffffffff, FIONBIO}), Verdict::kAllow);
  EXPECT_EQ(verdict(policy, "ioctl", {0, FIOCLEX}), Verdict::kDeny);
}

TEST(Unbound, ARuleKeepsItsKindInTextAndValue) {
  const Expression condition = command_of(kKvmVcpu, FIONBIO);
  EXPECT_EQ(condition.to_string(*find_syscall(kHere, "ioctl"), kHere),
            "fd in fds(kvm-vcpu) && cmd == FIONBIO");
  EXPECT_FALSE(condition == command_of(kKvmVm, FIONBIO));
  EXPECT_EQ(kinds_in(condition), std::set<DescriptorKind>{kKvmVcpu});
}

TEST(Bound, ARuleIsForTheNumbersOnly) {
  const Policy bound = bind_descriptors(closing_policy(), {{kTap, {9, 10}}});
  EXPECT_EQ(verdict(bound, "ioctl", {9, FIONBIO}), Verdict::kAllow);
  EXPECT_EQ(verdict(bound, "ioctl", {0xabcdef000000000a, FIONBIO}), Verdict::kAllow);
  EXPECT_EQ(verdict(bound, "ioctl", {8, FIONBIO}), Verdict::kDeny);
  EXPECT_EQ(verdict(bound, "ioctl", {8, FIONREAD}), Verdict::kAllow);  // unbound still
  EXPECT_EQ(kinds_in(bound), std::set<DescriptorKind>{kKvmVm});
}

TEST(Bound, AKindThatIsEmptyLeavesNothing) {
  const Policy bound = bind_descriptors(closing_policy(), {{kTap, {}}});
  EXPECT_EQ(verdict(bound, "ioctl", {9, FIONBIO}), Verdict::kDeny);
  EXPECT_EQ(verdict(bound, "close", {9}), Verdict::kAllow);
}

TEST(Bound, TheDescriptorsCanBeNeitherClosedNorReplaced) {
  const Descriptors descriptors = {{kTap, {9}}, {kKvmVm, {12, 13}}};
  EXPECT_FALSE(check_protects(closing_policy(), descriptors).ok());
  const Policy bound = bind_descriptors(closing_policy(), descriptors);
  EXPECT_TRUE(check_protects(bound, descriptors).ok());
  for (const uint64_t number : {9, 12, 13}) {
    EXPECT_NE(verdict(bound, "close", {number}), Verdict::kAllow);
    EXPECT_NE(verdict(bound, "close", {number | 0x100000000}), Verdict::kAllow);
    EXPECT_EQ(verdict(bound, "dup2", {0, number}), Verdict::kDeny);
    EXPECT_EQ(verdict(bound, "dup2", {number, 20}), Verdict::kAllow);
    EXPECT_EQ(verdict(bound, "dup3", {0, number, 0}), Verdict::kDeny);
    EXPECT_EQ(verdict(bound, "close_range", {number, number, 0}), Verdict::kDeny);
  }
  EXPECT_EQ(verdict(bound, "close_range", {3, 0xffffffff, 0}), Verdict::kDeny);
  EXPECT_EQ(verdict(bound, "close_range", {10, 11, 0}), Verdict::kAllow);
  EXPECT_EQ(verdict(bound, "close_range", {14, 0xffffffff, 0}), Verdict::kAllow);
  EXPECT_EQ(verdict(bound, "close", {10}), Verdict::kAllow);
}

TEST(Bound, WhatIsLeftOpenIsNamed) {
  Policy policy = bind_descriptors(closing_policy(), {{kTap, {9}}});
  grant(policy, "dup2", Expression::always());
  const Status status = check_protects(policy, {{kTap, {9}}});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message,
            "dup2 could close or replace a descriptor that rules are bound to: it is granted at "
            "test.profile:7");
}

// QEMU closes taps when it ends; what it never closes is closed by an attacker.
TEST(Bound, ClosingATapFailsQuietlyAndClosingAVirtualMachineIsAViolation) {
  const Policy tap = bind_descriptors(closing_policy(), {{kTap, {9}}});
  const Decision decision = evaluate(tap, call_of("close", {9}));
  EXPECT_EQ(decision.verdict, Verdict::kErrno);
  EXPECT_EQ(decision.error, EPERM);
  EXPECT_FALSE(decision.reported);
  const Policy machine = bind_descriptors(closing_policy(), {{kKvmVm, {12}}});
  EXPECT_EQ(verdict(machine, "close", {12}), Verdict::kDeny);
}

TEST(Bound, AnErrnoOfTheProfilesIsKept) {
  Policy policy = closing_policy();
  ASSERT_TRUE(policy.refuse(number_of("close"), {EBADF, kRule}).ok());
  const Policy bound = bind_descriptors(policy, {{kTap, {9}}});
  EXPECT_EQ(evaluate(bound, call_of("close", {9})).error, EBADF);
}

// aarch64 has no dup2.
TEST(Bound, EveryArchitectureIsProtected) {
  Policy policy(Architecture::kAarch64);
  for (const Syscall& call : syscalls(Architecture::kAarch64)) {
    policy.grant(call.number, {Expression::always(), kRule});
  }
  const Descriptors descriptors = {{kVhost, {5}}};
  EXPECT_TRUE(check_protects(bind_descriptors(policy, descriptors), descriptors).ok());
}

bool is_closing(int number) {
  return number == number_of("close") || number == number_of("dup2") ||
         number == number_of("dup3") || number == number_of("close_range");
}

// Other calls keep the answer that they get from the kernel's bitmap.
TEST(Bound, NoCallButThoseThatCloseLeavesTheBitmap) {
  Policy policy = closing_policy();
  for (const Syscall& call : syscalls(kHere)) {
    if (call.name != "ioctl") policy.grant(call.number, {Expression::always(), kRule});
  }
  const Policy bound = bind_descriptors(policy, {{kTap, {9}}, {kKvmVm, {12}}});
  const Actions actions = actions_for(Mode::kEnforce);
  const auto before = compile(policy, actions, {});
  const auto after = compile(bound, actions, {});
  ASSERT_TRUE(before.ok() && after.ok());
  const uint32_t here = audit_architecture(kHere);
  for (const Syscall& call : syscalls(kHere)) {
    EXPECT_EQ(kernel_caches(*after, here, call.number),
              kernel_caches(*before, here, call.number) && !is_closing(call.number))
        << call.name;
  }
}

TEST(Bound, RandomPoliciesGrantNoMoreThanBeforeAndProtect) {
  testing::Random random(testing::test_seed());
  const Descriptors descriptors = {{kTap, {3, 1}}, {kKvmVm, {4}}};
  for (int i = 0; i < 60; ++i) {
    Policy policy = testing::random_policy(random, kHere, 12);
    for (const char* name : {"close", "dup3", "close_range"}) {
      const Syscall& call = *find_syscall(kHere, name);
      grant(policy, name, testing::random_expression(random, call, 2));
    }
    grant(policy, "ioctl", command_of(kTap, random() % 4));
    const Policy bound = bind_descriptors(policy, descriptors);
    const auto wider = granted_only_by(bound, policy);
    ASSERT_TRUE(wider.ok());
    EXPECT_FALSE(wider->has_value());
    EXPECT_TRUE(check_protects(bound, descriptors).ok());
    const Actions actions = actions_for(Mode::kErrno);
    const auto program = compile(bound, actions, {});
    ASSERT_TRUE(program.ok());
    for (int call = 0; call < 200; ++call) {
      const struct seccomp_data data = testing::random_call(random, bound);
      EXPECT_EQ(run(*program, data).action, action_of(bound, actions, testing::as_call(data)));
    }
  }
}

TEST(Weights, RecordedCallsAreOfTheBoundDescriptors) {
  const Policy bound = bind_descriptors(closing_policy(), {{kTap, {9, 10}}});
  const std::vector<WeightedCall> recorded = {{call_of("ioctl", {0, FIONBIO}), 100},
                                              {call_of("read", {0}), 5},
                                              {call_of("ioctl", {0, FIOCLEX}), 3}};
  const auto moved = on_bound_descriptors(recorded, bound, {{kTap, {9, 10}}});
  ASSERT_EQ(moved.size(), 4u);
  EXPECT_EQ(moved[0].call.arguments[0], 9u);
  EXPECT_EQ(moved[1].call.arguments[0], 10u);
  EXPECT_EQ(moved[0].count, 50u);
  EXPECT_EQ(moved[2].count, 5u);
  EXPECT_EQ(moved[3].call.arguments[0], 0u);
}

TEST(DescriptorKinds, AreNamedBothWays) {
  for (const std::string& name : descriptor_kind_names()) {
    EXPECT_EQ(descriptor_kind_name(*find_descriptor_kind(name)), name);
  }
  EXPECT_FALSE(find_descriptor_kind("eventfd"));
}

TEST(DescriptorKinds, NumbersAreShort) {
  EXPECT_EQ(numbers_text({12, 13, 14, 20}), "12 to 14 and 20");
  EXPECT_EQ(numbers_text({12, 13}), "12 and 13");
  EXPECT_EQ(to_string(Descriptors{{kTap, {9}}, {kKvmDevice, {}}, {kKvmVcpu, {1, 3, 5}}}),
            "kvm-vcpu 1, 3 and 5; kvm-device none; tap 9");
}

}  // namespace
}  // namespace qsbx
