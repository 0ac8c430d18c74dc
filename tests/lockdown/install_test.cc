// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Lockdown happens for all threads or for none, once, and says what is in force.
#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "kernel/fake_kernel.h"
#include "kernel/thread_state.h"
#include "tests/lockdown/child.h"
#include "tests/lockdown/test_profiles.h"

namespace qsbx {
namespace {

using testing::HasSubstr;

constexpr int kAsExpected = 42;

// For the child: says what is wrong where the parent can read it.
int expect(bool holds, const std::string& otherwise) {
  if (holds) return kAsExpected;
  fprintf(stderr, "%s\n", otherwise.c_str());
  return 1;
}

int expect_error(const Status& status, ErrorCode code, const std::string& text) {
  if (status.ok()) return expect(false, "no error");
  const Error& error = status.error();
  const bool holds = error.code == code && error.message.find(text) != std::string::npos;
  return expect(holds, std::to_string(static_cast<int>(error.code)) + ": " + error.message);
}

bool has_handler() {
  struct sigaction action = {};
  sigaction(SIGSYS, nullptr, &action);
  return action.sa_handler != SIG_DFL;
}

std::vector<ThreadState> own_threads() { return threads_of(getpid()).value(); }

// A thread that was joined can be in /proc for a moment more.
bool has_threads(size_t count) {
  for (int tries = 0; tries < 1000; ++tries) {
    if (own_threads().size() == count) return true;
    usleep(1000);
  }
  return false;
}

#define EXPECT_AS_EXPECTED(end) \
  EXPECT_TRUE((end).exited_with(kAsExpected)) << (end).status << " " << (end).errors

TEST(Lockdown, FailsWithoutProfiles) {
  Sandbox sandbox;
  const Status status = sandbox.lockdown();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kState);
}

int count_locked_down(pid_t process) {
  const auto threads = threads_of(process);
  if (!threads) return 0;
  return static_cast<int>(std::ranges::count_if(*threads, [](const ThreadState& state) {
    return state.seccomp_mode == 2 && state.no_new_privs;
  }));
}

// The policy does not let the process read its own state, so a child from before does.
TEST(Lockdown, HoldsForEveryThread) {
  const ChildEnd end = run_in_child([] {
    int ends[2];
    if (pipe(ends) != 0) return 1;
    const pid_t locked = getpid();
    const pid_t observer = fork();
    if (observer == 0) {
      char byte;
      _exit(read(ends[0], &byte, 1) == 1 ? count_locked_down(locked) : 0);
    }
    std::atomic<bool> ready = false;
    std::atomic<bool> go = false;
    std::thread thread([&] {
      ready = true;
      while (!go) sched_yield();
    });
    // A thread that still starts blocks SIGSYS, and the warning of it would wake the observer
    // early.
    while (!ready) sched_yield();
    Sandbox sandbox = test_sandbox(Mode::kErrno);
    dup2(ends[1], STDERR_FILENO);  // where the process may write
    if (!sandbox.lockdown() || write(STDERR_FILENO, "x", 1) != 1) return 1;
    int status = 0;
    syscall(SYS_wait4, observer, &status, 0, nullptr);
    go = true;
    thread.join();
    return WEXITSTATUS(status) == 2 ? kAsExpected : 1;
  });
  EXPECT_AS_EXPECTED(end);
}

TEST(Lockdown, HappensOnce) {
  const ChildEnd end = run_in_child([] {
    Sandbox first = test_sandbox(Mode::kEnforce);
    Sandbox second = test_sandbox(Mode::kEnforce);
    if (!first.lockdown()) return 1;
    const int again = expect_error(first.lockdown(), ErrorCode::kState, "already locked down");
    if (again != kAsExpected) return again;
    return expect_error(second.lockdown(), ErrorCode::kState, "already locked down");
  });
  EXPECT_AS_EXPECTED(end);
}

TEST(Lockdown, AfterAFailureItCanBeTriedAgain) {
  const ChildEnd end = run_in_child([] {
    FakeKernel kernel;
    kernel.fail(3, -ENOMEM);
    Sandbox sandbox = test_sandbox(Mode::kEnforce, kernel);
    const Status failed = sandbox.lockdown();
    if (failed.ok() || has_handler()) return 1;
    const Status status = sandbox.lockdown();
    return expect(status.ok() && kernel.installed() == 1 && has_handler(), "not locked down");
  });
  EXPECT_AS_EXPECTED(end);
}

void install_allow_all() {
  struct sock_filter code[] = {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
  struct sock_fprog program = {1, code};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

int with_stranger(Mode mode) {
  std::atomic<bool> ready = false;
  std::atomic<bool> go = false;
  std::thread stranger([&] {
    prctl(PR_SET_NAME, "stranger");
    install_allow_all();
    ready = true;
    while (!go) sched_yield();
  });
  while (!ready) sched_yield();
  Sandbox sandbox = test_sandbox(mode);
  const size_t threads = own_threads().size();
  const Status status = sandbox.lockdown();
  const bool unchanged =
      !has_handler() && has_threads(threads) && own_threads().front().seccomp_mode == 0;
  go = true;
  stranger.join();
  if (!unchanged) return expect(false, "something is in force");
  return expect_error(status, ErrorCode::kThread, "\"stranger\" has a seccomp filter of its own");
}

TEST(Lockdown, AThreadWithItsOwnFilterIsNamedAndNothingIsInForce) {
  EXPECT_AS_EXPECTED(run_in_child([] { return with_stranger(Mode::kEnforce); }));
}

TEST(Lockdown, AThreadWithItsOwnFilterIsNamedInAudit) {
  EXPECT_AS_EXPECTED(run_in_child([] { return with_stranger(Mode::kAudit); }));
}

TEST(Lockdown, InheritedFiltersStack) {
  const ChildEnd end = run_in_child([] {
    install_allow_all();
    Sandbox sandbox = test_sandbox(Mode::kEnforce);
    if (!sandbox.lockdown()) return 1;
    syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0);
    return kAsExpected;
  });
  EXPECT_TRUE(end.killed_by(SIGSYS)) << end.errors;
}

int with_full_descriptor_table(Mode mode) {
  Sandbox sandbox = test_sandbox(mode);
  if (!sandbox.prepare()) return 1;
  const struct rlimit none = {3, 3};
  setrlimit(RLIMIT_NOFILE, &none);
  for (int descriptor = 0; descriptor < 3; ++descriptor) dup(descriptor);
  const Status status = sandbox.lockdown();
  if (mode == Mode::kEnforce) return expect(status.ok(), status.ok() ? "" : status.error().message);
  const int told = expect_error(status, ErrorCode::kKernel, "no file descriptor is free");
  return told == kAsExpected ? expect_error(status, ErrorCode::kKernel, "nothing is in force")
                             : told;
}

TEST(Lockdown, NeedsNoDescriptorInEnforce) {
  EXPECT_AS_EXPECTED(run_in_child([] { return with_full_descriptor_table(Mode::kEnforce); }));
}

TEST(Lockdown, SaysThatAuditNeedsADescriptor) {
  EXPECT_AS_EXPECTED(run_in_child([] { return with_full_descriptor_table(Mode::kAudit); }));
}

TEST(Lockdown, SaysThatThereCanBeOneListener) {
  const ChildEnd end = run_in_child([] {
    struct sock_filter code[] = {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
    struct sock_fprog program = {1, code};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
    return expect_error(test_sandbox(Mode::kAudit).lockdown(), ErrorCode::kKernel,
                        "already has a listener");
  });
  EXPECT_AS_EXPECTED(end);
}

// Each call to the kernel fails once; whatever fails, the process is as before and the error says
// so.
class EveryCallFails : public testing::TestWithParam<Mode> {};

TEST_P(EveryCallFails, NothingIsInForceAndTheErrorSaysSo) {
  int failures = 0;
  for (int nth = 1; nth < 20; ++nth) {
    const ChildEnd end = run_in_child([&] {
      FakeKernel kernel;
      kernel.fail(nth, -ENOMEM);
      Sandbox sandbox = test_sandbox(GetParam(), kernel);
      const size_t threads = own_threads().size();
      const Status status = sandbox.lockdown();
      if (status.ok()) return kernel.installed() == 1 ? 0 : 1;
      if (has_handler() || !has_threads(threads)) return expect(false, "left over");
      if (kernel.installed() != 0) return expect(false, "installed after all");
      const bool told = !kernel.no_new_privs() ||
                        status.error().message.find("no_new_privs is set") != std::string::npos;
      if (!told) return expect(false, "kept quiet about no_new_privs");
      return expect_error(status, ErrorCode::kKernel, "nothing is in force");
    });
    if (end.exited_with(0)) continue;
    EXPECT_AS_EXPECTED(end) << "call " << nth;
    ++failures;
  }
  // The question about support, no_new_privs, the filter.
  EXPECT_GE(failures, 3);
}

INSTANTIATE_TEST_SUITE_P(Modes, EveryCallFails,
                         testing::Values(Mode::kEnforce, Mode::kErrno, Mode::kAudit),
                         [](const auto& info) { return std::string(mode_name(info.param)); });

TEST(Lockdown, AsksForAllThreadsAndTheLogOnlyWhenTold) {
  const ChildEnd end = run_in_child([] {
    FakeKernel kernel;
    Sandbox sandbox = test_sandbox(Mode::kEnforce, kernel);
    sandbox.set_kernel_log(true);
    if (!sandbox.lockdown()) return 1;
    const auto& install = kernel.calls().back();
    return expect(
        install.installs && install.flags == (SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG),
        "flags " + std::to_string(install.flags));
  });
  EXPECT_AS_EXPECTED(end);
}

TEST(Boot, ThenLockdownTightens) {
  const ChildEnd end = run_in_child([] {
    Sandbox sandbox = test_sandbox(Mode::kEnforce);
    if (auto status = sandbox.boot(); !status) return expect(false, status.error().message);
    const int file = static_cast<int>(syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0));
    if (file < 0) return expect(false, "boot did not let a device open its file");
    if (auto status = sandbox.lockdown(); !status) return expect(false, status.error().message);
    syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0);
    return kAsExpected;
  });
  EXPECT_TRUE(end.killed_by(SIGSYS)) << end.status << end.errors;
  EXPECT_EQ(end.count("openat(dfd=AT_FDCWD"), 1) << end.errors;
  EXPECT_EQ(end.count("is not granted by profiles base-process, disk;"), 1) << end.errors;
}

TEST(Boot, BarsWhatNothingNeeds) {
  const ChildEnd end = run_in_child([] {
    Sandbox sandbox = test_sandbox(Mode::kErrno);
    if (auto status = sandbox.boot(); !status) return expect(false, status.error().message);
    return expect(syscall(SYS_getppid) == -1 && errno == EPERM, "getppid ran");
  });
  EXPECT_AS_EXPECTED(end);
  EXPECT_EQ(end.count("getppid() is not granted by profiles base-process, boot"), 1) << end.errors;
}

TEST(Boot, LockdownMustNotGrantMore) {
  const ChildEnd end = run_in_child([] {
    auto texts = test_profiles();
    std::string& disk = texts["device/disk.profile"];
    disk.insert(disk.find("pread64:"), "preadv2: fd == 7\n");
    Sandbox sandbox = test_sandbox(Mode::kEnforce);
    sandbox.use_profiles(ProfileSet::from_texts(texts, native_architecture()).value());
    if (auto status = sandbox.boot(); !status) return expect(false, status.error().message);
    return expect_error(sandbox.lockdown(), ErrorCode::kPolicy, "preadv2(fd=7");
  });
  EXPECT_AS_EXPECTED(end);
}

TEST(Boot, MustLetLockdownFollow) {
  const ChildEnd end = run_in_child([] {
    auto texts = test_profiles();
    std::string& base = texts["base/process.profile"];
    base.erase(base.find("seccomp: 1\n"), 11);
    Sandbox sandbox = test_sandbox(Mode::kEnforce);
    sandbox.use_profiles(ProfileSet::from_texts(texts, native_architecture()).value());
    const int prepared =
        expect_error(sandbox.prepare_boot(), ErrorCode::kPolicy, "does not grant seccomp(2)");
    if (prepared != kAsExpected) return prepared;
    return expect_error(sandbox.boot(), ErrorCode::kPolicy, "does not grant seccomp(2)");
  });
  EXPECT_AS_EXPECTED(end);
}

TEST(Boot, PreparedBeforeItsModeChanged) {
  const ChildEnd end = run_in_child([] {
    Sandbox sandbox = test_sandbox(Mode::kEnforce);
    if (auto status = sandbox.prepare_boot(); !status) return expect(false, status.error().message);
    if (own_threads().front().seccomp_mode != 0) return expect(false, "a filter is in force");
    sandbox.set_mode(Mode::kErrno);
    if (auto status = sandbox.boot(); !status) return expect(false, status.error().message);
    return expect(syscall(SYS_getppid) == -1 && errno == EPERM, "getppid ran");
  });
  EXPECT_AS_EXPECTED(end);
}

TEST(Boot, DoesNothingInAudit) {
  const ChildEnd end = run_in_child([] {
    Sandbox sandbox = test_sandbox(Mode::kAudit);
    if (!sandbox.boot()) return 1;
    return expect(own_threads().front().seccomp_mode == 0, "a filter is in force");
  });
  EXPECT_AS_EXPECTED(end);
}

TEST(Boot, LockdownInAnotherModeIsRefused) {
  const ChildEnd end = run_in_child([] {
    Sandbox sandbox = test_sandbox(Mode::kEnforce);
    if (!sandbox.boot()) return 1;
    sandbox.set_mode(Mode::kAudit);
    return expect_error(sandbox.lockdown(), ErrorCode::kState, "must have the same mode");
  });
  EXPECT_AS_EXPECTED(end);
}

TEST(Prepare, AnUncoveredPartIsAnErrorThatNamesIt) {
  Sandbox sandbox = test_sandbox(Mode::kEnforce);
  ASSERT_TRUE(sandbox.add_part("device", "unheard-of"));
  const Status status = sandbox.prepare();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kUnknownDevice);
  EXPECT_THAT(status.error().message, HasSubstr("unheard-of"));
  EXPECT_EQ(sandbox.describe(), "");
}

TEST(Prepare, AnUncoveredPartIsAWarningInAudit) {
  const ChildEnd end = run_in_child([] {
    Sandbox sandbox = test_sandbox(Mode::kAudit);
    if (!sandbox.add_part("device", "unheard-of")) return 1;
    for (int listed = 0; listed < 3; ++listed) {
      if (!sandbox.prepare()) return expect(false, "not prepared");
      sandbox.clear_parts();
      if (!sandbox.add_part("device", "disk") || !sandbox.add_part("device", "unheard-of"))
        return 1;
    }
    return kAsExpected;
  });
  EXPECT_AS_EXPECTED(end);
  EXPECT_EQ(end.count("qsbx: warning: no profile applies to device unheard-of"), 1) << end.errors;
}

TEST(Prepare, APolicyThatGivesSigsysAwayIsRefused) {
  auto texts = test_profiles();
  std::string& disk = texts["device/disk.profile"];
  disk.insert(disk.find("pread64:"), "rt_sigaction: sig > 30 && act == 0\n");
  Sandbox sandbox = test_sandbox(Mode::kEnforce);
  sandbox.use_profiles(ProfileSet::from_texts(texts, native_architecture()).value());
  const Status status = sandbox.prepare();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kPolicy);
  EXPECT_THAT(status.error().message, HasSubstr("device/disk.profile:6: rt_sigaction is granted "
                                                "for SIGSYS"));
}

TEST(Prepare, DescribesWhatWouldBeInForce) {
  Sandbox sandbox = test_sandbox(Mode::kErrno);
  EXPECT_EQ(sandbox.describe(), "");
  ASSERT_TRUE(sandbox.prepare().ok());
  EXPECT_EQ(sandbox.describe(), "errno: " + std::to_string(sandbox.granted_calls()) +
                                    " system calls from 2 profiles (base-process, disk)");
  EXPECT_GT(sandbox.granted_calls(), 20u);
  EXPECT_GT(sandbox.timings().verify, 0);
}

// Done anew, one of the times would be another.
TEST(Prepare, KeepsWhatOtherPartsOfTheSameProfilesMake) {
  Sandbox sandbox = test_sandbox(Mode::kEnforce);
  ASSERT_TRUE(sandbox.prepare().ok());
  const std::string described = sandbox.describe();
  const LockdownTimings before = sandbox.timings();
  sandbox.clear_parts();
  ASSERT_TRUE(sandbox.add_part("device", "disk-pci").ok());
  EXPECT_EQ(sandbox.describe(), "");
  ASSERT_TRUE(sandbox.prepare().ok());
  EXPECT_EQ(sandbox.describe(), described);
  EXPECT_EQ(sandbox.timings().compose, before.compose);
  EXPECT_EQ(sandbox.timings().compile, before.compile);
  EXPECT_EQ(sandbox.timings().verify, before.verify);
}

// Prepares for a disk, then locks down with `parts`.
ChildEnd after_a_prepared_disk(const std::vector<std::string>& parts, std::function<int()> then) {
  return run_in_child([&] {
    Sandbox sandbox = test_sandbox(Mode::kEnforce);
    if (!sandbox.prepare()) return 1;
    sandbox.clear_parts();
    for (const std::string& part : parts) {
      if (!sandbox.add_part("device", part)) return 1;
    }
    return sandbox.lockdown().ok() ? then() : 1;
  });
}

int read_at_offset() {
  char byte = 0;
  (void)!pread(STDERR_FILENO, &byte, 1, 0);  // a pipe, which has no offset
  return errno == ESPIPE ? kAsExpected : 1;
}

int open_socket() { return socket(AF_INET, SOCK_DGRAM, 0) >= 0 ? kAsExpected : 1; }

TEST(Lockdown, IsForThePartsAsTheyAreThen) {
  const ChildEnd added = after_a_prepared_disk({"disk", "network"}, open_socket);
  EXPECT_AS_EXPECTED(added);
  const ChildEnd replacing = after_a_prepared_disk({"network"}, open_socket);
  EXPECT_AS_EXPECTED(replacing);
  const ChildEnd replaced = after_a_prepared_disk({"network"}, read_at_offset);
  EXPECT_TRUE(replaced.killed_by(SIGSYS)) << replaced.errors;
  const ChildEnd missing = after_a_prepared_disk({"disk-pci"}, open_socket);
  EXPECT_TRUE(missing.killed_by(SIGSYS)) << missing.errors;
  const ChildEnd kept = after_a_prepared_disk({"disk-pci"}, read_at_offset);
  EXPECT_AS_EXPECTED(kept);
}

TEST(Prepare, FeaturesAreCheckedAgainstTheProfiles) {
  Sandbox sandbox = test_sandbox(Mode::kEnforce);
  EXPECT_TRUE(sandbox.allow_feature("hotplug").ok());
  const Status status = sandbox.allow_feature("hotplugg");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kUsage);
  EXPECT_THAT(status.error().message, HasSubstr("hotplug"));
  Sandbox empty;
  const Status early = empty.allow_feature("hotplug");
  ASSERT_FALSE(early.ok());
  EXPECT_EQ(early.error().code, ErrorCode::kState);
}

TEST(Prepare, AFeatureGrants) {
  const ChildEnd end = run_in_child([] {
    Sandbox sandbox = test_sandbox(Mode::kEnforce);
    if (!sandbox.allow_feature("hotplug") || !sandbox.lockdown()) return 1;
    return syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY, 0) >= 0 ? kAsExpected : 1;
  });
  EXPECT_AS_EXPECTED(end);
}

}  // namespace
}  // namespace qsbx
