// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/machine/role_policies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "src/machine/machine.h"
#include "src/policy/algebra.h"
#include "src/profile/profile_set.h"
#include "src/syscalls/syscall_table.h"
#include "tests/support/source_tree.h"

namespace qsbx {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The policies of roles when base/process says this.
Result<std::vector<RolePolicy>> roles_of(const std::string& rules) {
  auto set = ProfileSet::from_texts({{"base/process.profile", "profile process\n" + rules}},
                                    Architecture::kX86_64);
  if (!set) return std::move(set).error();
  auto selection = select_profiles(Machine(), *set);
  if (!selection) return std::move(selection).error();
  return compose_roles(*selection, {}, Architecture::kX86_64);
}

std::vector<std::string> names(const std::vector<RolePolicy>& policies) {
  std::vector<std::string> names;
  for (const RolePolicy& policy : policies) names.push_back(policy.role);
  return names;
}

TEST(RolePolicies, RolesThatNeedAsMuchAsTheProcessHaveNone) {
  const auto roles = roles_of("{ read, write }: 1\n");
  ASSERT_TRUE(roles.ok());
  EXPECT_THAT(*roles, IsEmpty());
}

TEST(RolePolicies, ARoleHasItsOwnRulesAndThoseOfAll) {
  const auto roles = roles_of("read: 1\n[main, iothread, worker, rcu, vnc]\nwrite: 1\n");
  ASSERT_TRUE(roles.ok()) << roles.error().message;
  ASSERT_THAT(names(*roles), ElementsAre("vcpu"));
  const Policy& policy = (*roles)[0].policy;
  EXPECT_EQ(policy.calls().size(), 1u);
  EXPECT_EQ(policy.calls().count(find_syscall(Architecture::kX86_64, "read")->number), 1u);
}

TEST(RolePolicies, MainHasThePolicyOfTheProcess) {
  const auto roles = roles_of("read: 1\n[vcpu, iothread, worker, rcu, vnc]\nwrite: 1\n");
  ASSERT_TRUE(roles.ok());
  EXPECT_THAT(*roles, IsEmpty());
}

TEST(RolePolicies, AMakerThatLacksWhatItsThreadsNeedIsNamed) {
  const auto roles = roles_of("read: 1\n[main, worker]\nfdatasync: 1\n");
  ASSERT_FALSE(roles.ok());
  EXPECT_EQ(roles.error().code, ErrorCode::kPolicy);
  EXPECT_EQ(roles.error().message,
            "threads of role iothread start threads of role worker, which are born with their "
            "filter, but do not grant fdatasync, which base/process.profile:4 grants to role "
            "worker; grant it to both roles");
}

TEST(RolePolicies, AMakerWhoseThreadsHaveThePolicyOfTheProcessNeedsAllOfIt) {
  const auto roles = roles_of("read: 1\n[main, worker]\nfdatasync: 1\n[worker]\nread: 1\n");
  ASSERT_FALSE(roles.ok());
  EXPECT_THAT(roles.error().message, HasSubstr("do not grant fdatasync"));
}

// Of the shipped profiles: every machine can be had with roles.
TEST(RolePolicies, TheShippedProfilesMaskNothing) {
  const auto set = ProfileSet::read(in_source_tree("profiles/qemu"), Architecture::kX86_64);
  ASSERT_TRUE(set.ok());
  Selection everything;
  for (const Profile& profile : set->profiles()) {
    if (profile.phase != Phase::kRun) continue;
    everything = {};
    for (const Profile* used : set->with_includes(profile)) everything.add(*used, "test");
    everything.add(*set->find("base/process"), "test");
    const auto roles = compose_roles(everything, features_of(*set), Architecture::kX86_64);
    EXPECT_TRUE(roles.ok()) << profile.file << ": " << roles.error().message;
  }
}

}  // namespace
}  // namespace qsbx
