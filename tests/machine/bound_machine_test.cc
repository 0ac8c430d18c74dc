// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Shipped profiles, bound to the descriptors of a machine: what that costs, and what it takes away.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "src/bpf/interpreter.h"
#include "src/bpf/kernel_bitmap.h"
#include "src/compile/compile.h"
#include "src/machine/command_line.h"
#include "src/machine/role_policies.h"
#include "src/machine/selection.h"
#include "src/policy/algebra.h"
#include "src/policy/bound_descriptors.h"
#include "src/verify/verify.h"
#include "tests/support/source_tree.h"

namespace qsbx {
namespace {

using enum DescriptorKind;

constexpr Architecture kHere = Architecture::kX86_64;
const Descriptors kNumbers = {{kKvm, {11}}, {kKvmVm, {12}},   {kKvmVcpu, {14, 17, 18, 19}},
                              {kTap, {13}}, {kKvmDevice, {}}, {kVhost, {20}}};

ProfileSet shipped() { return ProfileSet::read(in_source_tree("profiles/qemu"), kHere).value(); }

Selection machine_on_tap(const ProfileSet& set, const std::string& accelerator) {
  const auto line = read_command_line(
      {"qemu-system-x86_64", "-accel", accelerator, "-machine", "q35", "-nodefaults",
       "-no-user-config", "-object", "iothread,id=io", "-blockdev",
       "driver=file,node-name=d,filename=/disk", "-device", "virtio-blk-pci,drive=d,iothread=io",
       "-netdev", "tap,id=n,ifname=tap0,script=no,downscript=no,vhost=on", "-device",
       "virtio-net-pci,netdev=n", "-display", "none"});
  return select_profiles(line->machine, set).value();
}

bool closes_or_replaces(const Call& call) {
  return closing_conditions(kHere, kNumbers).contains(call.number);
}

TEST(BoundMachines, RulesNameTheDescriptorsOfTheMachine) {
  const ProfileSet set = shipped();
  const auto kinds_of = [&](const std::string& accelerator) {
    return kinds_in(*compose(machine_on_tap(set, accelerator), {}, kHere));
  };
  EXPECT_THAT(kinds_of("tcg"), testing::ElementsAre(kTap, kVhost));
  EXPECT_THAT(kinds_of("kvm"),
              testing::ElementsAre(kKvm, kKvmVm, kKvmVcpu, kKvmDevice, kTap, kVhost));
}

TEST(BoundMachines, WhatComesAndGoesIsLeftToTheFeature) {
  const ProfileSet set = shipped();
  const auto changing = [&](const std::string& feature) {
    Selection selection = machine_on_tap(set, "kvm");
    select_features(selection, {feature}, set);
    return changing_kinds(selection, {feature});
  };
  EXPECT_THAT(changing("hotplug-cpu"), testing::ElementsAre(kKvmVcpu));
  for (const char* feature : {"hotplug-net-fd", "hotplug-net"}) {
    EXPECT_THAT(changing(feature), testing::ElementsAre(kTap, kVhost)) << feature;
  }
  EXPECT_THAT(changing("hotplug"), testing::ElementsAre(kKvmVcpu, kTap, kVhost));
  EXPECT_THAT(changing("migration"), testing::IsEmpty());
}

// Recorded calls are answered from the kernel's bitmap as before, or in a few steps.
TEST(BoundMachines, NoHotCallLeavesTheBitmap) {
  const ProfileSet set = shipped();
  const Policy unbound = *compose(machine_on_tap(set, "kvm"), {}, kHere);
  const Policy bound = bind_descriptors(unbound, kNumbers);
  const Actions actions = actions_for(Mode::kEnforce);
  const auto recorded = on_bound_descriptors(set.weights(), bound, kNumbers);
  const auto before = compile(unbound, actions, set.weights());
  const auto after = compile(bound, actions, recorded);
  ASSERT_TRUE(before.ok() && after.ok());
  for (const Syscall& call : syscalls(kHere)) {
    const Call of = {audit_architecture(kHere), call.number, {}};
    EXPECT_EQ(kernel_caches(*after, of.audit_arch, of.number),
              kernel_caches(*before, of.audit_arch, of.number) && !closes_or_replaces(of))
        << call.name;
  }
  const auto hottest = std::ranges::max_element(recorded, {}, &WeightedCall::count);
  for (const WeightedCall& call : recorded) {
    EXPECT_FALSE(closes_or_replaces(call.call) && call.count * 100 > hottest->count);
    const bool is_run =
        call.call.number == find_syscall(kHere, "ioctl")->number && call.count > 1000;
    const int steps = run(*after, to_seccomp_data(call.call)).steps;
    EXPECT_LE(is_run ? steps : 0, 12);
  }
}

TEST(BoundMachines, AreProvenInEveryRole) {
  const ProfileSet set = shipped();
  const Selection selection = machine_on_tap(set, "kvm");
  const Policy bound = bind_descriptors(*compose(selection, {}, kHere), kNumbers);
  EXPECT_TRUE(check_protects(bound, kNumbers).ok());
  const auto roles = compose_roles(selection, {}, kHere, kNumbers);
  ASSERT_TRUE(roles.ok()) << roles.error().message;
  EXPECT_THAT(*roles, testing::SizeIs(testing::Ge(4u)));
  for (const RolePolicy& role : *roles) {
    EXPECT_TRUE(check_protects(role.policy, kNumbers).ok()) << role.role;
    const auto wider = granted_only_by(role.policy, bound);
    EXPECT_TRUE(wider.ok() && !wider->has_value()) << role.role;
    const Actions actions = actions_for(Mode::kEnforce);
    const auto program = verify(*compile(role.policy, actions, {}), role.policy, actions);
    EXPECT_TRUE(program.ok()) << role.role;
  }
}

}  // namespace
}  // namespace qsbx
