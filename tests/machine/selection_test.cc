// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "src/policy/algebra.h"
#include "tests/support/source_tree.h"

namespace qsbx {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr Architecture kArch = Architecture::kX86_64;

ProfileSet small_set() {
  Result<ProfileSet> set = ProfileSet::read(in_source_tree("tests/data/small_profiles"), kArch);
  EXPECT_TRUE(set.ok()) << (set.ok() ? "" : set.error().to_string());
  return std::move(set).value();
}

ProfileSet set_of(const std::map<std::string, std::string>& texts) {
  Result<ProfileSet> set = ProfileSet::from_texts(texts, kArch);
  EXPECT_TRUE(set.ok()) << (set.ok() ? "" : set.error().to_string());
  return std::move(set).value();
}

Machine machine_of(const std::vector<Part>& parts) {
  Machine machine;
  for (const Part& part : parts) machine.add(part.kind, part.name);
  return machine;
}

Selection select(const Machine& machine, const ProfileSet& set) {
  Result<Selection> selection = select_profiles(machine, set);
  EXPECT_TRUE(selection.ok());
  return std::move(selection).value();
}

std::vector<std::string> names(const Selection& selection) {
  std::vector<std::string> result;
  for (const SelectedProfile& selected : selection.profiles) {
    result.push_back(selected.profile->name);
  }
  return result;
}

std::vector<std::string> because(const Selection& selection, const std::string& name) {
  for (const SelectedProfile& selected : selection.profiles) {
    if (selected.profile->name == name) return selected.because;
  }
  return {"not selected"};
}

Verdict verdict(const Policy& policy, std::string_view name, const Arguments& arguments = {}) {
  const Syscall* call = find_syscall(kArch, name);
  EXPECT_NE(call, nullptr) << name;
  return evaluate(policy, {audit_architecture(kArch), call->number, arguments}).verdict;
}

TEST(Selection, TheBaseIsAlwaysIn) {
  const ProfileSet set = small_set();
  const Selection selection = select(Machine{}, set);
  EXPECT_THAT(names(selection), ElementsAre("memory", "process", "startup"));
  EXPECT_THAT(because(selection, "process"), ElementsAre("always"));
  EXPECT_THAT(because(selection, "memory"), ElementsAre("included by base/process"));
}

TEST(Selection, APatternBringsTheProfileAndItsIncludes) {
  const ProfileSet set = small_set();
  const Selection selection =
      select(machine_of({{"device", "virtio-blk-pci"}, {"block", "qcow2"}}), set);
  EXPECT_THAT(because(selection, "virtio-blk"), ElementsAre("device virtio-blk-pci"));
  EXPECT_THAT(because(selection, "file"),
              ElementsAre("block qcow2", "included by device/virtio-blk"));
  EXPECT_TRUE(selection.uncovered.empty());
}

TEST(Selection, PatternsAreForTheirKindOnly) {
  const ProfileSet set = small_set();
  const Selection selection = select(machine_of({{"netdev", "virtio-blk-pci"}}), set);
  EXPECT_THAT(names(selection), Not(Contains("virtio-blk")));
  EXPECT_THAT(selection.uncovered, ElementsAre(Part{"netdev", "virtio-blk-pci"}));
}

TEST(Selection, ProfilesOfPhaseBootCoverNothing) {
  const ProfileSet set =
      set_of({{"base/process.profile", "profile process\nread: 1\n"},
              {"boot.profile", "profile boot\nphase boot\napplies to device e1000\nexecve: 1\n"}});
  const Selection selection = select(machine_of({{"device", "e1000"}}), set);
  EXPECT_THAT(names(selection), ElementsAre("process"));
  EXPECT_THAT(selection.uncovered, ElementsAre(Part{"device", "e1000"}));
}

TEST(Selection, ASetWithoutTheBaseIsAnError) {
  const ProfileSet set = set_of({{"a.profile", "profile a\nread: 1\n"}});
  const Result<Selection> selection = select_profiles(Machine{}, set);
  ASSERT_FALSE(selection.ok());
  EXPECT_EQ(selection.error().code, ErrorCode::kProfileSet);
  EXPECT_THAT(selection.error().message, HasSubstr("base/process.profile"));
}

TEST(Selection, AnUncoveredPartIsNamedWithTheNearestProfile) {
  const ProfileSet set = small_set();
  const Selection selection =
      select(machine_of({{"device", "virtio-blk-ccw"}, {"tpm", "emulator"}}), set);
  const Error error = uncovered_error(selection, set);
  EXPECT_EQ(error.code, ErrorCode::kUnknownDevice);
  EXPECT_THAT(error.message, HasSubstr("device virtio-blk-ccw (the nearest is device/virtio-blk)"));
  EXPECT_THAT(error.message, HasSubstr("no profile applies to tpm emulator;"));
}

TEST(Selection, AnUncoveredPartIsNamedWithTheReasonThatTheSetHas) {
  const ProfileSet set = small_set();
  const Selection selection =
      select(machine_of({{"device", "virtio-9p-pci"}, {"netdev", "virtio-9p"}}), set);
  const Error error = uncovered_error(selection, set);
  EXPECT_THAT(error.message,
              HasSubstr("no profile applies to device virtio-9p-pci (it opens files by name);"));
  EXPECT_THAT(error.message, HasSubstr("no profile applies to netdev virtio-9p;"));
}

TEST(Selection, ByName) {
  const ProfileSet set = small_set();
  Selection selection;
  ASSERT_TRUE(select_by_name(selection, "virtio-blk", set).ok());
  EXPECT_THAT(names(selection), ElementsAre("file", "virtio-blk"));
  const Status unknown = select_by_name(selection, "virtio-blq", set);
  ASSERT_FALSE(unknown.ok());
  EXPECT_THAT(unknown.error().message, HasSubstr("did you mean 'virtio-blk'?"));
}

TEST(Selection, AFeatureHasItsOwnProfile) {
  const ProfileSet set =
      set_of({{"base/process.profile", "profile process\nexit_group: 1\n"},
              {"base/opens.profile", "profile opens\nopenat: 1\n"},
              {"feature/dump.profile",
               "profile dump\napplies to feature dump\ninclude base/opens\nftruncate: 1\n"},
              {"device/a.profile", "profile a\napplies to device a\n[feature reset]\nkill: 1\n"}});
  EXPECT_EQ(features_of(set), (std::set<std::string>{"dump", "reset"}));
  Machine machine = machine_of({{"device", "a"}});
  EXPECT_THAT(names(select(machine, set)), ElementsAre("process", "a"));
  machine.features = {"dump", "reset"};
  const Selection selection = select(machine, set);
  EXPECT_THAT(names(selection), UnorderedElementsAre("opens", "process", "a", "dump"));
  EXPECT_THAT(because(selection, "dump"), ElementsAre("feature dump"));
  EXPECT_TRUE(selection.uncovered.empty());
  EXPECT_EQ(verdict(*compose(selection, machine.features, kArch), "openat"), Verdict::kAllow);
}

TEST(Compose, FeaturesAndRoles) {
  const ProfileSet set = small_set();
  EXPECT_EQ(features_of(set), (std::set<std::string>{"hotplug", "migration"}));
  const Selection selection = select(Machine{}, set);
  const Policy plain = *compose(selection, {}, kArch);
  EXPECT_EQ(verdict(plain, "eventfd2"), Verdict::kDeny);
  const Policy hotplug = *compose(selection, {"hotplug"}, kArch, "main");
  EXPECT_EQ(verdict(hotplug, "eventfd2"), Verdict::kAllow);
  EXPECT_EQ(verdict(hotplug, "connect"), Verdict::kDeny);
  const Arguments kvm_run = {3, 0xae80};
  EXPECT_EQ(verdict(plain, "ioctl", kvm_run), Verdict::kAllow);
  EXPECT_EQ(verdict(*compose(selection, {}, kArch, "vcpu"), "ioctl", kvm_run), Verdict::kAllow);
  EXPECT_EQ(verdict(*compose(selection, {}, kArch, "main"), "ioctl", kvm_run), Verdict::kDeny);
  const Policy migration_vcpu = *compose(selection, {"migration"}, kArch, "vcpu");
  EXPECT_EQ(verdict(migration_vcpu, "connect"), Verdict::kDeny);
  EXPECT_EQ(verdict(*compose(selection, {"migration"}, kArch, "main"), "connect"), Verdict::kAllow);
}

TEST(Compose, GrantsKnowWhereTheyWereWritten) {
  const ProfileSet set = small_set();
  const Policy policy = *compose(select(Machine{}, set), {}, kArch);
  const Decision decision =
      evaluate(policy, {audit_architecture(kArch), find_syscall(kArch, "munmap")->number, {}});
  ASSERT_NE(decision.origin, nullptr);
  EXPECT_EQ(decision.origin->profile, "memory");
  EXPECT_THAT(decision.origin->to_string(), HasSubstr("base/memory.profile:4"));
}

TEST(Compose, APolicyThatGrantsNothingIsAnError) {
  const ProfileSet set = set_of({{"base/process.profile", "profile process\nexecve: 0\n"}});
  const Selection selection = select(Machine{}, set);
  const Result<Policy> policy = compose(selection, {}, kArch);
  ASSERT_FALSE(policy.ok());
  EXPECT_EQ(policy.error().code, ErrorCode::kPolicy);
  EXPECT_TRUE(join_rules(selection, {}, kArch).ok());
}

TEST(Compose, TwoErrnosForOneCallAreAnError) {
  const ProfileSet set =
      set_of({{"base/process.profile", "profile process\nread: 1\nclone3: 0 else ENOSYS\n"},
              {"d.profile", "profile d\napplies to device d\nclone3: 0 else EPERM\n"}});
  const Result<Policy> policy = compose(select(machine_of({{"device", "d"}}), set), {}, kArch);
  ASSERT_FALSE(policy.ok());
  EXPECT_THAT(policy.error().message, HasSubstr("clone3"));
  EXPECT_THAT(policy.error().message, HasSubstr("d.profile:3"));
}

TEST(Compose, BootIsEveryBootProfileWithEveryFeature) {
  const ProfileSet set = small_set();
  const Policy boot = *compose_boot(set);
  EXPECT_EQ(verdict(boot, "execve"), Verdict::kAllow);
  EXPECT_EQ(verdict(boot, "eventfd2"), Verdict::kAllow);
  const ProfileSet without = set_of({{"base/process.profile", "profile process\nread: 1\n"}});
  ASSERT_FALSE(compose_boot(without).ok());
  EXPECT_THAT(compose_boot(without).error().message, HasSubstr("phase boot"));
}

bool same(const Policy& a, const Policy& b) {
  const Result<bool> answer = equal(a, b);
  EXPECT_TRUE(answer.ok());
  return answer.ok() && *answer;
}

// All orders of the five profiles: the policy does not know in which they came.
TEST(Compose, HasNoOrder) {
  const ProfileSet set = small_set();
  const Selection whole =
      select(machine_of({{"device", "virtio-blk-pci"}, {"machine", "pc-q35-machine"}}), set);
  const Policy expected = *compose(whole, {"hotplug"}, kArch);
  ASSERT_GE(whole.profiles.size(), 5u);
  std::vector<size_t> order(whole.profiles.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  int permutations = 0;
  do {
    Selection permuted;
    for (const size_t i : order) permuted.profiles.push_back(whole.profiles[i]);
    ASSERT_TRUE(same(*compose(permuted, {"hotplug"}, kArch), expected));
    ++permutations;
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_GE(permutations, 120);
}

TEST(Compose, AMorePartNeverTakesAGrantAway) {
  const ProfileSet set = small_set();
  const Policy less = *compose(select(machine_of({{"block", "raw"}}), set), {}, kArch);
  const Policy more = *compose(
      select(machine_of({{"block", "raw"}, {"machine", "pc-q35-machine"}}), set), {}, kArch);
  EXPECT_EQ(granted_only_by(less, more)->has_value(), false);
  EXPECT_EQ(granted_only_by(more, less)->has_value(), true);
}

TEST(Machine, KindsArePermanent) {
  EXPECT_TRUE(is_part_kind("device"));
  EXPECT_TRUE(is_part_kind("aio"));
  EXPECT_FALSE(is_part_kind("devices"));
}

}  // namespace
}  // namespace qsbx
