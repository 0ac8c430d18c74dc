// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Both ways into the kernel: which flags they ask for, what they refuse, and what is in force
// after.
#include "kernel/filter.h"

#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "kernel/fake_kernel.h"
#include "kernel/thread_state.h"
#include "src/compile/compile.h"
#include "tests/kernel/live_child.h"

namespace qsbx {
namespace {

using testing::all_but;
using ::testing::HasSubstr;
using testing::in_child;
using testing::is_refused;

// As long as it lives this process has a second thread.
class SecondThread {
 public:
  ~SecondThread() {
    go_ = true;
    thread_.join();
    while (!threads_beside_this().empty()) usleep(1000);  // /proc has it a while longer
  }

 private:
  std::atomic<bool> go_ = false;
  std::thread thread_{[this] {
    while (!go_) usleep(1000);
  }};
};

constexpr FilterOptions kByPrctl = {.way_in = WayIn::kPrctl};
constexpr FilterOptions kEither = {.way_in = WayIn::kWhatTheKernelHas};

TEST(FilterFlags, AreThoseOfTheOptions) {
  const VerifiedProgram program = all_but({});
  FakeKernel kernel;
  ASSERT_TRUE(install_filter(kernel, program, {.spec_allow = true}).ok());
  EXPECT_EQ(kernel.calls().back().flags,
            SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW);
  ASSERT_TRUE(install_filter(kernel, program, {.log = true, .this_thread_only = true}).ok());
  EXPECT_EQ(kernel.calls().back().flags, SECCOMP_FILTER_FLAG_LOG);
  ASSERT_TRUE(
      install_filter(kernel, program, {.new_listener = true, .this_thread_only = true}).ok());
  EXPECT_EQ(kernel.calls().back().flags,
            SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
}

TEST(FilterFlags, WithoutWaitKillableAListenerIsMadeAllTheSame) {
  FakeKernel kernel;
  kernel.forget_flags(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
  ASSERT_TRUE(install_filter(kernel, all_but({}), {.new_listener = true}).ok());
  EXPECT_EQ(kernel.calls().back().flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, 0u);
}

TEST(FilterFlags, OneThatTheKernelDoesNotKnowIsNamed) {
  FakeKernel kernel;
  kernel.forget_flags(SECCOMP_FILTER_FLAG_LOG);
  for (const WayIn way_in : {WayIn::kSeccomp, WayIn::kWhatTheKernelHas}) {
    const Status status =
        check_filter_support(kernel, {.log = true, .spec_allow = true, .way_in = way_in});
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().saved_errno, EINVAL);
    EXPECT_THAT(status.error().message,
                HasSubstr("does not know SECCOMP_FILTER_FLAG_LOG (Linux 4.14); do without"));
  }
}

TEST(Prctl, IsUsedWhenAskedFor) {
  const VerifiedProgram program = all_but({});
  FakeKernel kernel;
  ASSERT_TRUE(check_filter_support(kernel, kByPrctl).ok());
  EXPECT_EQ(kernel.installed(), 0);
  const auto installed = install_filter(kernel, program, kByPrctl);
  ASSERT_TRUE(installed.ok());
  EXPECT_EQ(installed->way_in, WayIn::kPrctl);
  EXPECT_EQ(kernel.calls().back().kind, FakeKernel::CallRecord::Kind::kSetSeccompMode);
  EXPECT_TRUE(kernel.no_new_privs());
  EXPECT_EQ(kernel.installed(), 1);
}

TEST(Prctl, IsUsedWhereSeccompIsMissingAndNotBefore) {
  const VerifiedProgram program = all_but({});
  FakeKernel with;
  EXPECT_EQ(install_filter(with, program, kEither)->way_in, WayIn::kSeccomp);
  FakeKernel without;
  without.fail(1, -ENOSYS);
  EXPECT_EQ(install_filter(without, program, kEither)->way_in, WayIn::kPrctl);
  FakeKernel without_tsync;
  without_tsync.forget_flags(SECCOMP_FILTER_FLAG_TSYNC);
  EXPECT_EQ(install_filter(without_tsync, program, kEither)->way_in, WayIn::kPrctl);
  FakeKernel denied;
  denied.fail(1, -EPERM);
  EXPECT_FALSE(install_filter(denied, program, kEither).ok());
  EXPECT_EQ(denied.installed(), 0);
}

TEST(Prctl, IsNotUsedUnlessItMayBe) {
  FakeKernel kernel;
  kernel.fail(1, -ENOSYS);
  const Status status = check_filter_support(kernel, {});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().saved_errno, ENOSYS);
}

TEST(Prctl, RefusesAProcessWithOtherThreads) {
  const VerifiedProgram program = all_but({});
  const SecondThread second;
  FakeKernel kernel;
  const auto installed = install_filter(kernel, program, kByPrctl);
  ASSERT_FALSE(installed.ok());
  EXPECT_EQ(installed.error().code, ErrorCode::kThread);
  EXPECT_THAT(installed.error().message,
              HasSubstr("locks down one thread only, and this process has 2 threads, so nothing "
                        "was locked down; do it before threads are started"));
  EXPECT_EQ(kernel.installed(), 0);
  EXPECT_FALSE(kernel.no_new_privs());
  FilterOptions alone = kByPrctl;
  alone.this_thread_only = true;
  EXPECT_TRUE(install_filter(kernel, program, alone).ok());
}

TEST(Prctl, RefusesWhatItHasNoFlagFor) {
  for (const FilterOptions& options :
       {FilterOptions{.log = true}, {.new_listener = true}, {.spec_allow = true}}) {
    FilterOptions by_prctl = options;
    by_prctl.way_in = WayIn::kPrctl;
    FakeKernel kernel;
    const auto installed = install_filter(kernel, all_but({}), by_prctl);
    ASSERT_FALSE(installed.ok());
    EXPECT_EQ(installed.error().code, ErrorCode::kUsage);
    EXPECT_THAT(installed.error().message, HasSubstr("takes no flags"));
    EXPECT_EQ(kernel.calls().size(), 0u);
  }
}

// Older than Linux 4.14, such kernels kill one thread where the process should end.
class WithoutKillProcess : public FakeKernel {
 public:
  WithoutKillProcess(int answer, const char* release) : answer_(answer), release_(release) {}
  int seccomp(unsigned operation, unsigned flags, void* argument) override {
    if (operation == SECCOMP_GET_ACTION_AVAIL || answer_ == -ENOSYS) return answer_;
    return FakeKernel::seccomp(operation, flags, argument);
  }
  int identify(struct utsname* name) override {
    *name = {};
    std::strcpy(name->release, release_);
    return 0;
  }

 private:
  int answer_;
  const char* release_;
};

TEST(KillProcess, IsAskedForBeforeAnythingIsChanged) {
  const VerifiedProgram program = all_but({});
  for (const int answer : {-EINVAL, -EOPNOTSUPP, -EPERM}) {
    WithoutKillProcess kernel(answer, "6.1.0");
    const auto installed = install_filter(kernel, program, {});
    ASSERT_FALSE(installed.ok());
    EXPECT_EQ(installed.error().code, ErrorCode::kKernel);
    EXPECT_EQ(installed.error().saved_errno, -answer);
    EXPECT_THAT(installed.error().message,
                HasSubstr("a violation would end one thread and not the process"));
    EXPECT_EQ(kernel.installed(), 0);
    EXPECT_FALSE(kernel.no_new_privs());
  }
}

TEST(KillProcess, IsKnownByTheVersionWhereSeccompIsHidden) {
  const VerifiedProgram program = all_but({});
  WithoutKillProcess hidden(-ENOSYS, "4.14.0");
  const auto installed = install_filter(hidden, program, kEither);
  ASSERT_TRUE(installed.ok()) << installed.error().message;
  EXPECT_EQ(installed->way_in, WayIn::kPrctl);
  for (const char* release : {"4.13.16", "3.10.0-1160.el7", "unknown"}) {
    WithoutKillProcess old(-ENOSYS, release);
    EXPECT_FALSE(install_filter(old, program, kEither).ok()) << release;
    EXPECT_EQ(old.installed(), 0);
  }
}

TEST(KillProcess, IsNotAskedForByAProgramWithoutIt) {
  const Actions actions = actions_for(Mode::kErrno);
  Policy some(native_architecture());
  some.grant(SYS_read, {Expression::always(), {}});
  WithoutKillProcess kernel(-EINVAL, "4.13.0");
  EXPECT_TRUE(install_filter(kernel, *verify(*compile(some, actions), some, actions), {}).ok());
}

struct Way {
  const char* name;
  FilterOptions options;
};

const Way kWays[] = {
    {"Seccomp", {}},
    {"SeccompThread", {.this_thread_only = true}},
    {"SeccompListener", {.new_listener = true}},
    {"SeccompAll", {.log = true, .new_listener = true, .spec_allow = true}},
    {"Prctl", {.way_in = WayIn::kPrctl}},
    {"PrctlThread", {.this_thread_only = true, .way_in = WayIn::kPrctl}},
    {"Either", {.way_in = WayIn::kWhatTheKernelHas}},
    {"EitherLog", {.log = true, .way_in = WayIn::kWhatTheKernelHas}},
};

class EveryWayIn : public ::testing::TestWithParam<Way> {};

// With every errno that the kernel has for it, and the thread that TSYNC names.
TEST_P(EveryWayIn, WhateverFailsItIsInForceOrAnError) {
  const VerifiedProgram program = all_but({});
  for (int nth = 1; nth <= 12; ++nth) {
    for (const int result : {-EINVAL, -EACCES, -EPERM, -ENOMEM, -ENOSYS, -EBUSY, -ESRCH, 12345}) {
      FakeKernel kernel;
      kernel.fail(nth, result);
      const auto installed = install_filter(kernel, program, GetParam().options);
      const int listener = installed ? installed->listener : -1;
      if (listener >= 0 && listener != 12345) close(listener);
      const bool fake_thread = GetParam().options.new_listener && result == 12345;
      if (fake_thread) continue;  // there it would be a descriptor
      ASSERT_EQ(installed.ok(), kernel.installed() == 1) << nth << " " << result;
      if (installed) continue;
      EXPECT_GT(installed.error().message.size(), 40u);
      EXPECT_EQ(kernel.installed(), 0);
    }
  }
}

TEST_P(EveryWayIn, OnTheRunningKernel) {
  if (!check_filter_support(running_kernel(), GetParam().options)) {
    GTEST_SKIP() << check_filter_support(running_kernel(), GetParam().options).error().message;
  }
  const VerifiedProgram program = all_but({SYS_getppid});
  EXPECT_EQ(in_child([&]() -> std::string {
              const auto installed = install_filter(running_kernel(), program, GetParam().options);
              if (!installed) return installed.error().message;
              if (!is_refused(SYS_getppid)) return "getppid is not refused";
              if (getpgrp() <= 0) return "getpgrp is refused";
              return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? "" : "privileges";
            }),
            "");
}

INSTANTIATE_TEST_SUITE_P(Filter, EveryWayIn, ::testing::ValuesIn(kWays),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(ThisThreadOnly, LeavesOthersAlone) {
  const VerifiedProgram program = all_but({SYS_getppid});
  EXPECT_EQ(in_child([&]() -> std::string {
              std::atomic<int> state = 0;
              bool other_refused = true;
              std::thread other([&] {
                while (state == 0) usleep(100);
                other_refused = is_refused(SYS_getppid);
              });
              const auto installed =
                  install_filter(running_kernel(), program, {.this_thread_only = true});
              const bool refused = is_refused(SYS_getppid);
              state = 1;
              other.join();
              if (!installed) return installed.error().message;
              return refused && !other_refused ? "" : "wrong threads";
            }),
            "");
}

// A child of a child, so that what it inherits is seen; `body` gives its exit status.
int in_grandchild(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status)
                                                                               : 255;
}

constexpr char kShellAsksForItsParent[] = "kill -0 $$ 2>/dev/null && exit 1; exit 7";

// The shell's kill(2) is refused; then it says 7.
int in_executed_shell() {
  execl("/bin/sh", "sh", "-c", kShellAsksForItsParent, nullptr);
  return 99;
}

class Inheritance : public ::testing::TestWithParam<Way> {};

TEST_P(Inheritance, ByThreads) {
  const VerifiedProgram program = all_but({SYS_getppid});
  EXPECT_EQ(
      in_child([&]() -> std::string {
        if (!install_filter(running_kernel(), program, GetParam().options)) return "install";
        bool refused = false;
        std::thread([&] { std::thread([&] { refused = is_refused(SYS_getppid); }).join(); }).join();
        return refused ? "" : "a thread's thread has escaped";
      }),
      "");
}

TEST_P(Inheritance, ByForks) {
  const VerifiedProgram program = all_but({SYS_getppid});
  EXPECT_EQ(in_child([&]() -> std::string {
              if (!install_filter(running_kernel(), program, GetParam().options)) return "install";
              const int refused = in_grandchild(
                  [] { return in_grandchild([] { return is_refused(SYS_getppid) ? 7 : 1; }); });
              return refused == 7 ? "" : "a child's child has escaped";
            }),
            "");
}

TEST_P(Inheritance, ByExecs) {
  if (in_grandchild(in_executed_shell) != 1) GTEST_SKIP() << "no /bin/sh that can ask kill(2)";
  const VerifiedProgram program = all_but({SYS_kill});
  EXPECT_EQ(in_child([&]() -> std::string {
              if (!install_filter(running_kernel(), program, GetParam().options)) return "install";
              const int status = in_grandchild(in_executed_shell);
              return status == 7 ? "" : "the shell has said " + std::to_string(status);
            }),
            "");
}

TEST_P(Inheritance, ALaterFilterOnlyTightens) {
  const VerifiedProgram first = all_but({SYS_getppid});
  const VerifiedProgram second = all_but({SYS_getuid});
  EXPECT_EQ(in_child([&]() -> std::string {
              if (!install_filter(running_kernel(), first, GetParam().options)) return "first";
              if (!install_filter(running_kernel(), second, GetParam().options)) return "second";
              return is_refused(SYS_getppid) && is_refused(SYS_getuid) ? "" : "not both";
            }),
            "");
}

INSTANTIATE_TEST_SUITE_P(Filter, Inheritance, ::testing::Values(kWays[0], kWays[1], kWays[4]),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace qsbx
