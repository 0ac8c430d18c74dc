// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Every line of the probe on kernels that lack what it is about.
#include "kernel/probe.h"

#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>

#include "kernel/fake_kernel.h"
#include "kernel/notification_probe.h"

namespace qsbx {
namespace {

using ::testing::HasSubstr;

constexpr int kNothing = 0;

// A kernel that has everything but what is said here.
struct LackingKernel : FakeKernel {
  int filter = kNothing;
  uint32_t action = SECCOMP_RET_ALLOW;  // that it does not know
  int sizes = kNothing;
  int add_descriptor = kNothing;
  int add_and_answer = kNothing;
  int wake_up = kNothing;
  int strict = kNothing;
  int landlock = 4;
  int rings = -EINVAL;
  int perf = kNothing;
  const char* release = "6.18.0";  // nullptr: it does not say

  int seccomp(unsigned operation, unsigned flags, void* argument) override {
    if (operation == SECCOMP_SET_MODE_FILTER && filter != kNothing) return filter;
    if (operation == SECCOMP_GET_NOTIF_SIZES && sizes != kNothing) return sizes;
    if (operation == SECCOMP_GET_ACTION_AVAIL && *static_cast<uint32_t*>(argument) == action) {
      return -EOPNOTSUPP;
    }
    return FakeKernel::seccomp(operation, flags, argument);
  }
  int notification_control(int listener, unsigned long request, void* argument) override {
    if (request != SECCOMP_IOCTL_NOTIF_ADDFD) return wake_up;
    if (add_descriptor != kNothing) return add_descriptor;
    const bool answers = static_cast<struct seccomp_notif_addfd*>(argument)->flags != 0;
    if (answers && add_and_answer != kNothing) return add_and_answer;
    return FakeKernel::notification_control(listener, request, argument);
  }
  int get_seccomp_mode() override { return strict; }
  int landlock_create_ruleset(const void*, size_t, unsigned) override { return landlock; }
  int io_uring_setup(unsigned, void*) override { return rings; }
  int perf_event_open(void* attributes, pid_t pid, int cpu, unsigned long flags) override {
    return perf != kNothing ? perf : FakeKernel::perf_event_open(attributes, pid, cpu, flags);
  }
  int identify(struct utsname* name) override {
    if (release == nullptr) return -EFAULT;
    *name = {};
    std::strcpy(name->release, release);
    return 0;
  }
};

// Of a machine that has what the tests ask for outside of the kernel's calls.
class ProbeOfEach : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string folder = (std::filesystem::temp_directory_path() / "probe.XXXXXX").string();
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    std::filesystem::create_directories(folder_ / "net/core");
    std::ofstream(folder_ / "net/core/bpf_jit_enable") << "1\n";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  ProbeSources sources() const {
    return {.tracefs = Tracefs::find(),
            .sysctls = folder_.string(),
            .read_filters = [](pid_t) -> Result<std::vector<Program>> {
              return std::vector<Program>(1);
            }};
  }

  std::filesystem::path folder_;
};

Capability find(const std::vector<Capability>& capabilities, const std::string& name) {
  const auto found = std::ranges::find(capabilities, name, &Capability::name);
  return found == capabilities.end() ? Capability{} : *found;
}

// For each line what takes away what it is about.
using TakeAway = std::function<void(LackingKernel&, ProbeSources&)>;

TakeAway flags(unsigned flags) {
  return [flags](LackingKernel& kernel, ProbeSources&) { kernel.forget_flags(flags); };
}

TakeAway action(uint32_t action) {
  return [action](LackingKernel& kernel, ProbeSources&) { kernel.action = action; };
}

template <typename Member, typename Value>
TakeAway set(Member member, Value value) {
  return [=](LackingKernel& kernel, ProbeSources&) { kernel.*member = value; };
}

TakeAway sources(const std::function<void(ProbeSources&)>& change) {
  return [change](LackingKernel&, ProbeSources& sources) { change(sources); };
}

void lose_filters(ProbeSources& sources) {
  sources.read_filters = [](pid_t) -> Result<std::vector<Program>> {
    return Error{ErrorCode::kKernel, "refused", EIO};
  };
}

void lose_tracefs(ProbeSources& sources) {
  sources.tracefs = Error{ErrorCode::kKernel, "there is none", ENOENT};
}

const std::map<std::string, TakeAway>& take_aways() {
  static const std::map<std::string, TakeAway> all = {
      {"linux", set(&LackingKernel::release, "4.13.0")},
      {"filter", set(&LackingKernel::filter, -ENOSYS)},
      {"tsync", flags(SECCOMP_FILTER_FLAG_TSYNC)},
      {"log", flags(SECCOMP_FILTER_FLAG_LOG)},
      {"spec-allow", flags(SECCOMP_FILTER_FLAG_SPEC_ALLOW)},
      {"new-listener", flags(SECCOMP_FILTER_FLAG_NEW_LISTENER)},
      {"tsync-esrch", flags(SECCOMP_FILTER_FLAG_TSYNC_ESRCH)},
      {"wait-killable-recv", flags(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)},
      {"action-kill-process", action(SECCOMP_RET_KILL_PROCESS)},
      {"action-trap", action(SECCOMP_RET_TRAP)},
      {"action-errno", action(SECCOMP_RET_ERRNO)},
      {"action-user-notif", action(SECCOMP_RET_USER_NOTIF)},
      {"action-log", action(SECCOMP_RET_LOG)},
      {"action-trace", action(SECCOMP_RET_TRACE)},
      {"notification-sizes", set(&LackingKernel::sizes, -EINVAL)},
      {"notif-addfd", set(&LackingKernel::add_descriptor, -EINVAL)},
      {"notif-addfd-send", set(&LackingKernel::add_and_answer, -EINVAL)},
      {"notif-sync-wake-up", set(&LackingKernel::wake_up, -EINVAL)},
      {"filters-uretprobe", sources([](ProbeSources&) {})},  // the fake filters nothing
      {"filters-uprobe", sources([](ProbeSources&) {})},
      {"filter-dump", sources(lose_filters)},
      {"strict", set(&LackingKernel::strict, -EINVAL)},
      {"bitmap", set(&LackingKernel::release, "5.10.0")},
      {"landlock", set(&LackingKernel::landlock, -ENOSYS)},
      {"landlock-net", set(&LackingKernel::landlock, 3)},
      {"io-uring", set(&LackingKernel::rings, -ENOSYS)},
      {"bpf-jit", sources([](ProbeSources& sources) { sources.sysctls = "/nowhere"; })},
      {"event-perf", set(&LackingKernel::perf, -ENOSYS)},
      {"event-tracefs", sources(lose_tracefs)},
      {"event-syscalls",
       sources([](ProbeSources& sources) { sources.tracefs = Tracefs("/nowhere"); })},
  };
  return all;
}

void expect_says_all(const Capability& one) {
  SCOPED_TRACE(one.name);
  static const std::regex version("Linux [2-9]\\.[0-9]+");
  EXPECT_TRUE(std::regex_search(one.since, version)) << one.since;
  EXPECT_FALSE(one.use.empty());
  EXPECT_GT(one.without.size(), 10u);
  EXPECT_THAT(one.detail(), HasSubstr(one.use + ": " + one.since));
  EXPECT_THAT(one.detail(), HasSubstr("; without it " + one.without));
}

TEST_F(ProbeOfEach, EveryLineSaysTheVersionAndWhatIsDoneWithout) {
  for (const Capability& one : probe(running_kernel())) {
    expect_says_all(one);
    EXPECT_TRUE(take_aways().contains(one.name)) << one.name << " is missing in take_aways()";
  }
}

TEST_F(ProbeOfEach, WhatIsTakenAwayIsMissingAndNothingIsInstalled) {
  LackingKernel whole;
  const std::vector<Capability> with_all = probe(whole, sources());
  if (!find(with_all, "event-tracefs").present) GTEST_SKIP() << "tracefs is not mounted";
  for (const auto& [name, take_away] : take_aways()) {
    SCOPED_TRACE(name);
    if (find(with_all, name).name.empty()) continue;  // of another architecture
    if (!name.starts_with("filters-") && !name.starts_with("event-")) {
      EXPECT_TRUE(find(with_all, name).present);
    }
    LackingKernel lacking;
    ProbeSources less = sources();
    take_away(lacking, less);
    const std::vector<Capability> capabilities = probe(lacking, less);
    const Capability missing = find(capabilities, name);
    EXPECT_FALSE(missing.present);
    expect_says_all(missing);
    EXPECT_EQ(capabilities.size(), with_all.size());
    EXPECT_EQ(lacking.installed(), 0);
  }
}

// What is there does not depend on what is not.
TEST_F(ProbeOfEach, OthersStay) {
  const std::map<std::string, std::vector<std::string>> go_with = {
      {"filter",
       {"tsync", "log", "spec-allow", "new-listener", "tsync-esrch", "wait-killable-recv",
        "notif-addfd", "notif-addfd-send", "notif-sync-wake-up", "filter-dump"}},
      {"tsync", {"tsync-esrch"}},
      {"new-listener",
       {"tsync-esrch", "wait-killable-recv", "notif-addfd", "notif-addfd-send",
        "notif-sync-wake-up"}},
      {"notif-addfd", {"notif-addfd-send"}},
      {"landlock", {"landlock-net"}},
      {"linux", {"bitmap"}},
      {"event-tracefs", {"event-perf", "event-syscalls"}},
      {"event-syscalls", {"event-perf"}},
  };
  LackingKernel whole;
  const std::vector<Capability> with_all = probe(whole, sources());
  if (!find(with_all, "event-tracefs").present) GTEST_SKIP() << "tracefs is not mounted";
  for (const auto& [name, take_away] : take_aways()) {
    LackingKernel lacking;
    ProbeSources less = sources();
    take_away(lacking, less);
    const auto going = go_with.find(name);
    for (const Capability& one : probe(lacking, less)) {
      const bool goes = one.name == name ||
                        (going != go_with.end() && std::ranges::count(going->second, one.name) > 0);
      if (goes) {
        EXPECT_FALSE(one.present) << one.name << " without " << name;
      } else {
        EXPECT_EQ(one.present, find(with_all, one.name).present) << one.name << " without " << name;
      }
    }
  }
}

TEST_F(ProbeOfEach, WhatCannotBeAskedIsNotSaidToBeThere) {
  LackingKernel kernel;
  kernel.filter = -EPERM;
  kernel.release = nullptr;
  const std::vector<Capability> capabilities = probe(kernel, sources());
  for (const char* name : {"notif-addfd", "notif-sync-wake-up", "filter-dump", "linux"}) {
    EXPECT_FALSE(find(capabilities, name).present) << name;
    EXPECT_THAT(find(capabilities, name).here, HasSubstr("not known")) << name;
  }
  EXPECT_FALSE(find(capabilities, "bitmap").present);
  EXPECT_THAT(find(capabilities, "filter").detail(), HasSubstr("here: Operation not permitted"));
  EXPECT_THAT(find(capabilities, "filter").detail(), HasSubstr("without it there is no lockdown"));
}

TEST(NotificationAbilities, AreThoseOfTheRunningKernel) {
  const NotificationAbilities abilities = find_notification_abilities(running_kernel());
  if (!abilities.known) GTEST_SKIP() << "no listener can be had here";
  // What came later does not come alone.
  EXPECT_TRUE(abilities.add_descriptor || !abilities.add_and_answer);
  EXPECT_TRUE(abilities.add_and_answer || !abilities.wake_in_turns);
  struct utsname name = {};
  ASSERT_EQ(running_kernel().identify(&name), 0);
  const int major = atoi(name.release);
  EXPECT_TRUE(abilities.add_and_answer || major < 6) << name.release;
  EXPECT_TRUE(abilities.wake_in_turns || major < 7) << name.release;
}

}  // namespace
}  // namespace qsbx
