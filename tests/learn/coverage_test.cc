// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/learn/coverage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/learn/random_trace.h"

namespace qsbx {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Architecture kArchitecture = Architecture::kX86_64;

ProfileSet profiles() {
  Result<ProfileSet> set = ProfileSet::from_texts(
      {{"base/process.profile",
        "profile process\n"
        "{ close, read }: 1\n"
        "lseek: 1\n"
        "futex: op in { FUTEX_WAIT, FUTEX_WAKE, FUTEX_WAIT_BITSET }\n"
        "clone3: 0 else ENOSYS\n"
        "madvise: behavior == MADV_DONTNEED else EINVAL\n"
        "mkdirat: dfd >= 0\n"
        "recvfrom: size == 4\n"
        "[feature cleanup]\n"
        "unlink: 1\n"},
       {"device/disk.profile",
        "profile disk\napplies to device disk*\ninclude base/process\nlseek: whence == SEEK_END\n"
        "recvfrom: 1\n[vcpu]\nfsync: 1\n"},
       {"device/other.profile", "profile other\napplies to device other\ninclude base/process\n"},
       {"feature/f.profile", "profile f\napplies to feature f\nexecve: 1\n"},
       {"boot.profile", "profile boot\nphase boot\nall except { execve }: 1\n"}},
      kArchitecture);
  EXPECT_TRUE(set);
  return *set;
}

Trace run(const std::string& name, const char* device) {
  Trace trace;
  trace.name = name;
  trace.architecture = kArchitecture;
  trace.parts = {{"device", device}};
  return trace;
}

void call(Trace& trace, const std::string& role, const char* name, const Arguments& arguments = {},
          Phase phase = Phase::kRun) {
  testing::add(trace, phase,
               testing::RandomCall{role, find_syscall(kArchitecture, name)->number, arguments});
}

Coverage coverage(const std::vector<Trace>& traces, const std::string& answers = "") {
  static const ProfileSet set = profiles();
  const auto parsed = parse_not_exercised(answers, "not-exercised", set);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return *coverage_of(traces, set, *parsed);
}

const RuleUse& rule(const Coverage& coverage, const char* profile, const char* name) {
  for (const ProfileUse& one : coverage.profiles) {
    for (const RuleUse& use : one.rules) {
      if (one.profile->name == profile && call_name(use.number, kArchitecture) == name) return use;
    }
  }
  ADD_FAILURE() << name;
  static const RuleUse kNone = {};
  return kNone;
}

TEST(Coverage, CountsARuleForEachCall) {
  Trace a = run("a", "disk-pci");
  call(a, "main", "close");
  call(a, "main", "futex", {0, 0});
  call(a, "vcpu", "fsync");
  const Coverage all = coverage({a});
  EXPECT_EQ(all.rules(), 10u);
  EXPECT_EQ(all.exercised(), 3u);
  EXPECT_NEAR(all.percentage(), 30, 0.01);
  EXPECT_TRUE(rule(all, "process", "close").is_exercised());
  EXPECT_FALSE(rule(all, "process", "read").is_exercised());
}

TEST(Coverage, OnlyCallsOfPhaseRunAndOfTheRuleSRolesCount) {
  Trace a = run("a", "disk-pci");
  call(a, "main", "close", {}, Phase::kBoot);
  call(a, "main", "fsync");
  call(a, "child", "read");
  const Coverage all = coverage({a});
  EXPECT_EQ(all.exercised(), 0u);
  ASSERT_EQ(all.denied.size(), 1u);
  EXPECT_EQ(all.denied.at("main fsync").count, 1u);
  EXPECT_THAT(all.denied.at("main fsync").features, IsEmpty());
}

TEST(Coverage, ProfilesThatNoRunBroughtInAreNotCounted) {
  const Coverage all = coverage({run("a", "other")});
  EXPECT_EQ(all.rules(), 7u);
  ASSERT_EQ(all.not_run.size(), 1u);
  EXPECT_EQ(all.not_run[0]->name, "disk");
}

TEST(Coverage, ARefusalIsExercisedByTheCallThatFailsAndCountedApart) {
  Trace a = run("a", "other");
  call(a, "main", "clone3");
  const Coverage all = coverage({a});
  EXPECT_TRUE(rule(all, "process", "clone3").is_exercised());
  EXPECT_EQ(all.exercised(), 0u);
  EXPECT_EQ(all.refusals(), 1u);
  EXPECT_EQ(all.exercised_refusals(), 1u);
  EXPECT_THAT(all.denied, IsEmpty());
}

TEST(Coverage, ARuleThatGrantsIsNotExercisedByWhatItLetsFail) {
  Trace a = run("a", "other");
  call(a, "main", "madvise", {0, 0, 14});
  EXPECT_FALSE(rule(coverage({a}), "process", "madvise").is_exercised());
  EXPECT_THAT(coverage({a}).denied, IsEmpty());
}

TEST(Coverage, NothingIsExercisedOfNoRules) { EXPECT_EQ(Coverage{}.percentage(), 0); }

TEST(Coverage, SaysWhichFeatureWouldGrantACall) {
  Trace a = run("a", "other");
  call(a, "main", "execve");
  call(a, "main", "unlink");
  const Coverage all = coverage({a});
  EXPECT_THAT(all.denied.at("main execve").features, ElementsAre("f"));
  EXPECT_THAT(all.denied.at("main unlink").features, ElementsAre("cleanup"));
}

TEST(Coverage, EachOfTwoRulesThatGrantACallIsExercised) {
  Trace a = run("a", "disk");
  call(a, "main", "lseek", {3, 0, 2});
  const Coverage all = coverage({a});
  EXPECT_TRUE(rule(all, "process", "lseek").is_exercised());
  EXPECT_TRUE(rule(all, "disk", "lseek").is_exercised());
  EXPECT_THAT(rule(all, "process", "lseek").only_by_wider, IsEmpty());
}

TEST(Coverage, ARuleThatPerhapsGrantsStandsBesideOneThatDoes) {
  Trace a = run("a", "disk");
  call(a, "main", "recvfrom");
  const Coverage all = coverage({a});
  EXPECT_EQ(rule(all, "process", "recvfrom").perhaps, 1u);
  EXPECT_FALSE(rule(all, "process", "recvfrom").is_exercised());
  EXPECT_TRUE(rule(all, "disk", "recvfrom").is_exercised());
}

TEST(Coverage, OfValuesThatWereNotKeptNothingIsKnown) {
  Trace a = run("a", "other");
  for (const char* name : {"futex", "lseek", "mkdirat", "madvise", "fsync"}) {
    const CallKey key = {Phase::kRun, "main", find_syscall(kArchitecture, name)->number};
    a.calls[key].add_of_more_values(5);
  }
  const Coverage all = coverage({a});
  for (const char* name : {"futex", "mkdirat", "madvise"}) {
    EXPECT_EQ(rule(all, "process", name).perhaps, 5u) << name;
    EXPECT_FALSE(rule(all, "process", name).is_exercised()) << name;
  }
  EXPECT_EQ(rule(all, "process", "lseek").count, 5u);
  EXPECT_EQ(all.denied.at("main fsync").count, 5u);
}

TEST(Coverage, OneCallInTwoRolesIsCountedForBoth) {
  Trace a = run("a", "disk");
  for (const char* role : {"main", "vcpu"}) {
    call(a, role, "close");
    call(a, role, "fsync");
  }
  const Coverage all = coverage({a});
  EXPECT_EQ(rule(all, "process", "close").count, 2u);
  EXPECT_EQ(rule(all, "disk", "fsync").count, 1u);
  EXPECT_EQ(all.denied.at("main fsync").count, 1u);
}

TEST(Coverage, ShowsWhatAWideRuleWasNeededFor) {
  Trace a = run("a", "other"), b = run("b", "other");
  call(a, "main", "lseek", {3, 0, 2});
  call(b, "main", "lseek", {3, 0, 3});
  call(b, "main", "close");
  const Coverage all = coverage({a, b});
  EXPECT_EQ(rule(all, "process", "lseek").only_by_wider.size(), 2u);
  EXPECT_THAT(rule(all, "process", "lseek").runs, ElementsAre(0, 1));
  EXPECT_THAT(rule(all, "process", "close").only_by_wider, IsEmpty());
}

TEST(Coverage, NamesListedValuesThatWereNeverSeen) {
  Trace a = run("a", "other");
  call(a, "main", "futex", {0, 1});
  EXPECT_THAT(rule(coverage({a}), "process", "futex").never_seen,
              ElementsAre("op == FUTEX_WAIT", "op == FUTEX_WAIT_BITSET"));
}

TEST(Coverage, ACallThatOnlyOtherArgumentsDecideIsNotCounted) {
  Trace a = run("a", "other");
  call(a, "main", "recvfrom");
  const Coverage all = coverage({a});
  EXPECT_FALSE(rule(all, "process", "recvfrom").is_exercised());
  EXPECT_EQ(rule(all, "process", "recvfrom").perhaps, 1u);
  EXPECT_THAT(all.denied, IsEmpty());
}

TEST(Coverage, AnswersAreCountedApart) {
  Trace a = run("a", "disk");
  call(a, "main", "close");
  const Coverage all = coverage({a},
                                "# why\n\nbase/process read: a guest that reads\n"
                                "base/process close: nothing\ndevice/disk fsync: a flush\n");
  EXPECT_EQ(all.exercised(), 1u);
  EXPECT_EQ(all.answered(), 2u);
  EXPECT_EQ(rule(all, "process", "read").answer, "a guest that reads");
  ASSERT_EQ(all.stale.size(), 1u);
  EXPECT_EQ(all.stale[0].line, 4);
}

TEST(Coverage, AnAnswerForAProfileThatWasNotRunIsNotStale) {
  EXPECT_THAT(coverage({run("a", "other")}, "device/disk fsync: a flush\n").stale, IsEmpty());
}

std::string complaint(const std::string& text) {
  const ProfileSet set = profiles();
  return parse_not_exercised(text, "not-exercised", set).error().message;
}

TEST(NotExercised, SaysWhatIsWrongWithALine) {
  EXPECT_THAT(complaint("\nbase/process read\n"),
              HasSubstr("not-exercised:2: a line is PROFILE CALL: REASON"));
  EXPECT_THAT(complaint("base/proces read: x\n"), HasSubstr(":1: there is no profile base/proces"));
  EXPECT_THAT(complaint("base/process raed: x\n"), HasSubstr("(did you mean 'read'?)"));
  EXPECT_THAT(complaint("base/process execve: x\n"),
              HasSubstr("base/process execve: there is no such rule"));
}

TEST(NotExercised, AnswersForWhatIsCounted) {
  EXPECT_THAT(complaint("base/process unlink: x\n"),
              HasSubstr("base/process unlink: a feature's rules are not counted"));
  EXPECT_THAT(complaint("feature/f execve: x\n"),
              HasSubstr("feature/f execve: a feature's rules are not counted"));
  EXPECT_THAT(complaint("boot read: x\n"), HasSubstr("rules of phase boot are not counted"));
  EXPECT_THAT(complaint("base/process clone3: x\n"),
              HasSubstr("a rule that grants nothing is not counted"));
}

TEST(NotExercised, AnswersOnceAndWithAReason) {
  EXPECT_THAT(complaint("base/process read: x\nbase/process read: y\n"),
              HasSubstr("not-exercised:2: line 1 answers for the same rules"));
  EXPECT_THAT(complaint("base/process read: \n"), HasSubstr("not-exercised:1: the reason is"));
  EXPECT_THAT(complaint("base/process read:\n"), HasSubstr("not-exercised:1: the reason is"));
}

}  // namespace
}  // namespace qsbx
