// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/learn/proposal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "src/learn/proposal_text.h"
#include "src/machine/selection.h"
#include "tests/learn/random_trace.h"
#include "tests/support/source_tree.h"

namespace qsbx {
namespace {

using testing::add;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RandomCall;

constexpr Architecture kArchitecture = Architecture::kX86_64;

Result<Policy> nothing(const Trace& trace, const std::string&) {
  return Policy(trace.architecture);
}

Trace run(const std::string& name, const std::set<Part>& parts) {
  Trace trace;
  trace.name = name;
  trace.parts = parts;
  trace.architecture = kArchitecture;
  return trace;
}

RandomCall call(const std::string& role, const char* name, const Arguments& arguments = {}) {
  return {role, find_syscall(kArchitecture, name)->number, arguments};
}

std::string text_of(const std::vector<Trace>& traces, const PolicyOf& policy_of = nothing) {
  const Result<Proposals> proposals = propose(traces, Phase::kRun, policy_of);
  EXPECT_TRUE(proposals);
  return proposals_text(*proposals, traces, nullptr);
}

Profile parsed(const std::string& text) {
  Result<Profile> profile = parse_profile(text, "proposal", kArchitecture, /*rules_only=*/true);
  if (profile) return *profile;
  ADD_FAILURE() << profile.error().to_string() << "\n" << text;
  return {};
}

Policy policy_of_role(const Profile& profile, const std::string& role) {
  Selection selection;
  selection.add(profile, "proposed");
  return *join_rules(selection, {}, kArchitecture, role);
}

// What the proposals are to grant: calls that look like one that was seen.
bool looks_like(const TellingArguments& seen, const RandomCall& made) {
  const TellingArguments telling = telling_arguments_of(kArchitecture, made.number, made.arguments);
  const Syscall& call = *find_syscall(kArchitecture, made.number);
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    const bool matters = seen[i] || is_folder_descriptor(call.arguments[i]);
    if (matters && seen[i] != telling[i]) return false;
  }
  return true;
}

bool was_seen(const Trace& trace, const RandomCall& made) {
  const auto found = trace.calls.find({Phase::kRun, made.role, made.number});
  return found != trace.calls.end() &&
         std::ranges::any_of(found->second.values,
                             [&](const auto& value) { return looks_like(value.first, made); });
}

TEST(Proposals, GrantWhatWasSeenAndNothingElse) {
  testing::Random random(testing::test_seed());
  int granted = 0;
  for (int round = 0; round < 40; ++round) {
    const Trace trace = testing::random_trace(random, kArchitecture);
    const Profile profile = parsed(text_of({trace}));
    EXPECT_EQ(profile.phase, Phase::kRun);
    std::map<std::string, Policy> policies;
    for (int i = 0; i < 400; ++i) {
      const RandomCall made = testing::random_traced_call(random, kArchitecture);
      const auto policy = policies.try_emplace(made.role, policy_of_role(profile, made.role)).first;
      const Call asked = {audit_architecture(kArchitecture), made.number, made.arguments};
      const bool allowed = evaluate(policy->second, asked).verdict == Verdict::kAllow;
      EXPECT_EQ(allowed, was_seen(trace, made)) << call_name(made.number, kArchitecture);
      granted += allowed;
    }
  }
  EXPECT_GT(granted, 100);
}

TEST(Proposals, AreForThePartThatMakesTheDifference) {
  const Part kvm = {"accelerator", "kvm"}, tcg = {"accelerator", "tcg"}, disk = {"device", "nvme"};
  Trace a = run("a", {kvm, disk}), b = run("b", {tcg, disk}), c = run("c", {kvm});
  for (Trace* trace : {&a, &b, &c}) add(*trace, Phase::kRun, call("main", "close"));
  for (Trace* trace : {&a, &b}) add(*trace, Phase::kRun, call("main", "fsync"));
  add(b, Phase::kRun, call("vcpu", "getpid"), 3);
  add(b, Phase::kBoot, call("vcpu", "execve"));
  const std::string text = text_of({a, b, c});
  EXPECT_THAT(
      text, HasSubstr("---- every machine\n[main]\n# 3 calls in 3 of 3 runs: a, b, c\nclose: 1\n"));
  EXPECT_THAT(text,
              HasSubstr("---- device nvme\n[main]\n# 2 calls in 2 of 3 runs: a, b\nfsync: 1\n"));
  EXPECT_THAT(text,
              HasSubstr("---- accelerator tcg\n[vcpu]\n# 3 calls in 1 of 3 runs: b\ngetpid: 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("execve")));
}

TEST(Proposals, NameEveryPartThatMayBeBehindThem) {
  const Part disk = {"device", "nvme"}, block = {"block", "qcow2"};
  Trace a = run("a", {disk, block}), b = run("b", {{"device", "e1000"}}),
        c = run("c", {disk, block});
  add(a, Phase::kRun, call("main", "fsync"));
  EXPECT_THAT(text_of({a, b}), HasSubstr("---- any of: block qcow2, device nvme\n"));
  // c has the same parts, and did other work.
  const std::string text = text_of({a, b, c});
  EXPECT_THAT(text, HasSubstr("---- not settled: any of: block qcow2, device nvme\n"));
  EXPECT_THAT(text, HasSubstr("# 1 call in 1 of 3 runs: a; 1 of 2 runs with it\n"));
}

TEST(Proposals, AreForTheRarestPartWhereTheWorkWasDifferent) {
  const Part disk = {"device", "nvme"}, tcg = {"accelerator", "tcg"};
  Trace a = run("a", {disk, tcg}), b = run("b", {tcg}), c = run("c", {disk, tcg}),
        d = run("d", {{"device", "e1000"}});
  add(a, Phase::kRun, call("main", "fsync"));
  EXPECT_THAT(text_of({a, b, c, d}), HasSubstr("---- not settled: device nvme\n"));
}

TEST(Proposals, HaveNoPlaceWhereNothingTells) {
  Trace a = run("a", {{"device", "nvme"}}), b = run("b", {}), c = run("c", {{"device", "nvme"}});
  add(a, Phase::kRun, call("main", "fsync"));
  EXPECT_THAT(text_of({a}), HasSubstr("---- one run tells nothing apart\n"));
  EXPECT_THAT(text_of({a, b}), HasSubstr("---- runs of machines that are not known tell nothing"));
  EXPECT_THAT(text_of({a, c}), HasSubstr("---- not settled: every machine\n"));
  const Result<ProfileSet> set = ProfileSet::read(in_source_tree("profiles/qemu"), kArchitecture);
  for (const std::vector<Trace>& traces : {std::vector{a}, {a, b}, {a, c}}) {
    const auto proposals = propose(traces, Phase::kRun, nothing);
    EXPECT_THAT(proposals_text(*proposals, traces, &*set), Not(HasSubstr("place:")));
  }
}

TEST(Proposals, RolesThatDoTheSameShareARule) {
  Trace a = run("a", {});
  add(a, Phase::kRun, call("main", "close"));
  add(a, Phase::kRun, call("vcpu", "close"));
  add(a, Phase::kRun, call("worker", "ioctl", {3, 0xae80}));
  const Result<Proposals> proposals = propose({a}, Phase::kRun, nothing);
  ASSERT_EQ(proposals->rules.size(), 2u);
  EXPECT_THAT(proposals->rules[0].roles, ElementsAre("main", "vcpu"));
  EXPECT_THAT(rule_lines(proposals->rules[1], kArchitecture), ElementsAre("ioctl: cmd == KVM_RUN"));
}

TEST(Proposals, LeaveOutWhatIsGrantedAndSayWhatIsRefused) {
  Trace a = run("a", {});
  for (const char* name : {"close", "clone3", "fsync"}) add(a, Phase::kRun, call("main", name));
  add(a, Phase::kRun, call("main", "read"));
  add(a, Phase::kRun, call("child", "execve"));
  add(a, Phase::kRun, {"main", 4000, {}});
  const Profile known = parsed("close: 1\nclone3: 0 else ENOSYS\nread: fd == 0\n");
  const std::string text = text_of(
      {a}, [&](const Trace&, const std::string& role) { return policy_of_role(known, role); });
  EXPECT_THAT(parsed(text).rules.size(), 1u);
  EXPECT_THAT(text, HasSubstr("\nfsync: 1\n"));
  EXPECT_THAT(text, HasSubstr("# main clone3: fails with ENOSYS, as proposal:2 says; 1 call in"));
  EXPECT_THAT(text, HasSubstr("# main read: a rule may grant it"));
  EXPECT_THAT(text, HasSubstr("# child execve: made by a program that QEMU has started"));
  EXPECT_THAT(text, HasSubstr("# main 4000: qsbx knows no call of this number"));
  EXPECT_THAT(text, Not(HasSubstr("close")));
}

TEST(Proposals, SayThatValuesWereNotKept) {
  Trace a = run("a", {});
  for (uint64_t i = 0; i < 70; ++i) add(a, Phase::kRun, call("main", "ioctl", {3, i}));
  EXPECT_THAT(text_of({a}),
              HasSubstr("# main ioctl: more values than a trace keeps: what they were "
                        "is not known; 6 calls in 1 of 1 runs: a"));
}

TEST(Proposals, TextOfOthersStaysAComment) {
  Trace a = run("a\nexecve: 1", {});
  add(a, Phase::kRun, call("main", "close"));
  a.qemu = "7.2\nexecve: 1";
  EXPECT_EQ(parsed(text_of({a})).rules.size(), 1u);
}

TEST(Places, AreProfilesThatApplyOrNewOnes) {
  const Result<ProfileSet> set = ProfileSet::read(in_source_tree("profiles/qemu"), kArchitecture);
  EXPECT_THAT(places_for({}, Phase::kRun, *set), ElementsAre("base/process.profile"));
  EXPECT_THAT(places_for({{"device", "nvme"}, {"device", "flux"}}, Phase::kRun, *set),
              ElementsAre("a new profile for device flux", "device/nvme.profile for device nvme"));
  EXPECT_THAT(places_for({}, Phase::kBoot, *set), ElementsAre("boot.profile"));
}

}  // namespace
}  // namespace qsbx
