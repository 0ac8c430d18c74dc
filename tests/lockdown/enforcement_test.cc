// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Violations on the running kernel, in every mode and from every kind of thread.
#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/lockdown/child.h"
#include "tests/lockdown/test_profiles.h"
#include "tests/support/this_machine.h"

namespace qsbx {
namespace {

constexpr int kLockdownFailed = 99;
constexpr int kSurvived = 42;

int open_null() { return static_cast<int>(syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0)); }

int failed(const Status& status) {
  fprintf(stderr, "%s\n", status.error().to_string().c_str());
  return kLockdownFailed;
}

// Locks down, then does `then` and gives its value.
ChildEnd locked_down(Mode mode, const std::function<int()>& then) {
  return run_in_child([&] {
    Sandbox sandbox = test_sandbox(mode);
    if (auto status = sandbox.lockdown(); !status) return failed(status);
    return then();
  });
}

TEST(Enforce, AllowedCallsRun) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(write(ends[1], "12345", 5), 5);
  const ChildEnd end = locked_down(Mode::kEnforce, [&] {
    int waiting = -1;
    return ioctl(ends[0], FIONREAD, &waiting) == 0 && waiting == 5 ? kSurvived : 1;
  });
  EXPECT_TRUE(end.exited_with(kSurvived)) << end.errors;
  EXPECT_EQ(end.errors, "");
  close(ends[0]);
  close(ends[1]);
}

TEST(Enforce, ViolationEndsTheProcessBySigsysAndPrintsOneLine) {
  const ChildEnd end = locked_down(Mode::kEnforce, [] {
    open_null();
    return kSurvived;
  });
  EXPECT_TRUE(end.killed_by(SIGSYS)) << end.status << end.errors;
  EXPECT_EQ(end.count(""), 1) << end.errors;
  EXPECT_EQ(end.errors.find("qsbx: violation (enforce): thread "), 0u) << end.errors;
  EXPECT_NE(end.errors.find("openat(dfd=AT_FDCWD, filename=\"/dev/null\""), std::string::npos)
      << end.errors;
  EXPECT_NE(end.errors.find("flags=O_RDWR"), std::string::npos) << end.errors;
  EXPECT_NE(end.errors.find("is not granted by profiles base-process, disk; no profile grants it"),
            std::string::npos)
      << end.errors;
}

TEST(Enforce, TheLineNamesTheFeatureThatWouldGrant) {
  const ChildEnd end = locked_down(Mode::kEnforce, [] {
    return static_cast<int>(syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY, 0));
  });
  EXPECT_TRUE(end.killed_by(SIGSYS));
  EXPECT_EQ(end.count("would be granted by feature hotplug (device/disk.profile:8)"), 1)
      << end.errors;
}

TEST(Enforce, TheLineNamesTheProfileThatWouldGrant) {
  const ChildEnd end = locked_down(Mode::kEnforce, [] { return socket(AF_INET, SOCK_STREAM, 0); });
  EXPECT_TRUE(end.killed_by(SIGSYS));
  EXPECT_EQ(end.count("would be granted by profile network (device/network.profile:6)"), 1)
      << end.errors;
}

TEST(Enforce, TheLineNamesTheGrantForOtherArguments) {
  const ChildEnd end = locked_down(Mode::kEnforce, [] {
    int on = 1;
    return ioctl(0, FIOCLEX, &on);
  });
  EXPECT_TRUE(end.killed_by(SIGSYS));
  EXPECT_EQ(end.count("cmd=FIOCLEX"), 1) << end.errors;
  EXPECT_EQ(end.count("no profile grants it; with other arguments it is granted at "
                      "base/process.profile:"),
            1)
      << end.errors;
}

TEST(Enforce, AThreadStartedBeforeIsLockedDown) {
  const ChildEnd end = run_in_child([] {
    std::atomic<bool> ready = false;
    std::atomic<bool> go = false;
    std::thread thread([&] {
      prctl(PR_SET_NAME, "CPU 0/TCG");
      ready = true;
      while (!go) sched_yield();
      open_null();
    });
    while (!ready) sched_yield();
    Sandbox sandbox = test_sandbox(Mode::kEnforce);
    if (auto status = sandbox.lockdown(); !status) return failed(status);
    go = true;
    thread.join();
    return kSurvived;
  });
  EXPECT_TRUE(end.killed_by(SIGSYS)) << end.status << end.errors;
  EXPECT_EQ(end.count("\"CPU 0/TCG\": openat("), 1) << end.errors;
}

TEST(Enforce, AThreadStartedAfterwardsIsLockedDown) {
  const ChildEnd end = locked_down(Mode::kEnforce, [] {
    std::thread([] { open_null(); }).join();
    return kSurvived;
  });
  EXPECT_TRUE(end.killed_by(SIGSYS)) << end.status << end.errors;
  EXPECT_EQ(end.count("openat("), 1) << end.errors;
}

TEST(Enforce, AThreadThatBlocksSigsysDiesByItWithoutALine) {
  const ChildEnd end = locked_down(Mode::kEnforce, [] {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, nullptr);
    open_null();
    return kSurvived;
  });
  EXPECT_TRUE(end.killed_by(SIGSYS)) << end.status;
  EXPECT_EQ(end.errors, "");
}

TEST(Enforce, AForgedThreadNameCannotForgeALine) {
  const ChildEnd end = run_in_child([] {
    prctl(PR_SET_NAME, "x\nqsbx: \"ok\"");
    Sandbox sandbox = test_sandbox(Mode::kEnforce);
    if (auto status = sandbox.lockdown(); !status) return failed(status);
    open_null();
    return kSurvived;
  });
  EXPECT_TRUE(end.killed_by(SIGSYS));
  EXPECT_EQ(end.count(""), 1) << end.errors;
  EXPECT_EQ(end.count("\"x?qsbx: ?ok?\": openat("), 1) << end.errors;
}

TEST(Enforce, AClosedStandardErrorChangesNothing) {
  const ChildEnd end = locked_down(Mode::kEnforce, [] {
    close(STDERR_FILENO);
    open_null();
    return kSurvived;
  });
  EXPECT_TRUE(end.killed_by(SIGSYS));
}

// Standard error is a pipe; reports go to a file. The profiles grant no write at all.
TEST(EveryMode, ReportsGoToTheDescriptorThatWasNamed) {
  for (const Mode mode : {Mode::kEnforce, Mode::kErrno, Mode::kAudit}) {
    FILE* file = tmpfile();
    const ChildEnd end = run_in_child([&] {
      Sandbox sandbox = test_sandbox(mode);
      const int given = dup(fileno(file));
      if (auto set = sandbox.set_report_descriptor(given); !set) return failed(set);
      close(given);
      dup2(open_null(), STDERR_FILENO);
      if (auto status = sandbox.lockdown(); !status) return failed(status);
      open_null();
      return kSurvived;
    });
    EXPECT_TRUE(mode == Mode::kEnforce ? end.killed_by(SIGSYS) : end.exited_with(kSurvived));
    EXPECT_EQ(end.errors, "");
    char line[2000] = "";
    rewind(file);
    EXPECT_NE(fgets(line, sizeof line, file), nullptr);
    EXPECT_EQ(std::string(line).find("qsbx: violation ("), 0u) << line;
    fclose(file);
  }
}

TEST(EveryMode, OnlyTheDescriptorOfReportsCanBeWrittenTo) {
  const ChildEnd end = run_in_child([] {
    Sandbox sandbox = test_sandbox(Mode::kErrno);
    if (auto set = sandbox.set_report_descriptor(STDERR_FILENO); !set) return failed(set);
    const int reports = sandbox.report_descriptor();
    if (auto status = sandbox.lockdown(); !status) return failed(status);
    if (write(reports, "x\n", 2) != 2) return 1;
    return write(STDERR_FILENO, "y\n", 2) == -1 && errno == EPERM ? kSurvived : 2;
  });
  EXPECT_TRUE(end.exited_with(kSurvived)) << end.status << end.errors;
  EXPECT_EQ(end.errors.substr(0, 2), "x\n");
}

TEST(EveryMode, AReaderOfReportsThatHasGoneEndsNothing) {
  for (const Mode mode : {Mode::kErrno, Mode::kAudit}) {
    const ChildEnd end = run_in_child([&] {
      int ends[2];
      Sandbox sandbox = test_sandbox(mode);
      if (pipe(ends) != 0 || !sandbox.set_report_descriptor(ends[1])) return 1;
      signal(SIGPIPE, SIG_DFL);
      if (auto status = sandbox.lockdown(); !status) return failed(status);
      close(ends[0]);
      open_null();
      return kSurvived;
    });
    EXPECT_TRUE(end.exited_with(kSurvived)) << end.status << end.errors;
  }
}

TEST(EveryMode, ReportsCannotGoToADescriptorThatIsNotOpen) {
  Sandbox sandbox = test_sandbox(Mode::kEnforce);
  const Status set = sandbox.set_report_descriptor(-1);
  ASSERT_FALSE(set.ok());
  EXPECT_EQ(set.error().code, ErrorCode::kUsage);
  EXPECT_EQ(sandbox.report_descriptor(), STDERR_FILENO);
}

// Opens a file in a locked down process whose standard error is a pipe that takes no more. A
// violation that waits for the reader ends by the alarm.
int status_with_full_standard_error(Mode mode) {
  int ends[2];
  if (pipe2(ends, O_NONBLOCK) != 0) return -1;
  const std::vector<char> text(4096, 'x');
  while (write(ends[1], text.data(), text.size()) > 0) {
  }
  fcntl(ends[1], F_SETFL, 0);
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(ends[1], STDERR_FILENO);
    Sandbox sandbox = test_sandbox(mode);
    if (!sandbox.lockdown()) _exit(kLockdownFailed);
    _exit(open_null() >= 0 ? kSurvived : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  return status;
}

TEST(Enforce, AFullStandardErrorDoesNotHoldUpTheEnd) {
  const ChildEnd end = run_in_child([] {
    const int status = status_with_full_standard_error(Mode::kEnforce);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS ? kSurvived : 1;
  });
  EXPECT_TRUE(end.exited_with(kSurvived)) << end.status << end.errors;
}

TEST(Audit, AFullStandardErrorHoldsNobodyUp) {
  const ChildEnd end = run_in_child([] {
    const int status = status_with_full_standard_error(Mode::kAudit);
    return WIFEXITED(status) && WEXITSTATUS(status) == kSurvived ? kSurvived : 1;
  });
  EXPECT_TRUE(end.exited_with(kSurvived)) << end.status << end.errors;
}

TEST(Enforce, ASigsysThatSomebodySendsEndsTheProcess) {
  const ChildEnd end = locked_down(Mode::kEnforce, [] {
    syscall(SYS_tgkill, getpid(), getpid(), SIGSYS);
    return kSurvived;
  });
  EXPECT_TRUE(end.killed_by(SIGSYS));
}

TEST(Enforce, AChildOfTheProcessIsLockedDown) {
  const ChildEnd end = locked_down(Mode::kEnforce, [] {
    if (fork() == 0) {
      open_null();
      _exit(kSurvived);
    }
    int status = 0;
    syscall(SYS_wait4, -1, &status, 0, nullptr);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  });
  EXPECT_TRUE(end.exited_with(SIGSYS)) << end.status << end.errors;
  EXPECT_EQ(end.count("openat("), 1);
}

TEST(Enforce, ARefusedCallFailsWithItsErrnoAndNoLine) {
  const ChildEnd end = locked_down(Mode::kEnforce, [] {
    return syscall(SYS_clone3, nullptr, 0) == -1 && errno == ENOSYS ? kSurvived : 1;
  });
  EXPECT_TRUE(end.exited_with(kSurvived)) << end.status << end.errors;
  EXPECT_EQ(end.errors, "");
}

TEST(Enforce, AReportedRefusalFailsWithItsErrnoAndALineThatNamesTheFile) {
  const ChildEnd end = locked_down(Mode::kEnforce, [] {
    return unlinkat(AT_FDCWD, "/no/such/file", 0) == -1 && errno == EACCES ? kSurvived : 1;
  });
  EXPECT_TRUE(end.exited_with(kSurvived)) << end.status << end.errors;
  EXPECT_EQ(end.count("violation (enforce, failed with EACCES)"), 1) << end.errors;
  EXPECT_EQ(end.count("unlinkat(dfd=AT_FDCWD, pathname=\"/no/such/file\""), 1) << end.errors;
}

TEST(Enforce, ANameThatCannotBeReadIsPrintedAsAnAddress) {
  const ChildEnd end = locked_down(Mode::kEnforce, [] {
    return syscall(SYS_unlinkat, AT_FDCWD, 0x10, 0) == -1 && errno == EACCES ? kSurvived : 1;
  });
  EXPECT_TRUE(end.exited_with(kSurvived)) << end.status << end.errors;
  EXPECT_EQ(end.count("pathname=0x10"), 1) << end.errors;
}

TEST(Enforce, ASignalReachesNoOtherProcess) {
  const pid_t other = getpid();
  const ChildEnd end = locked_down(Mode::kEnforce, [other] {
    syscall(SYS_tgkill, other, other, 0);
    return kSurvived;
  });
  EXPECT_TRUE(end.killed_by(SIGSYS)) << end.status << end.errors;
  EXPECT_EQ(end.count("tgkill(tgid=" + std::to_string(other)), 1) << end.errors;
}

TEST(Enforce, AbortReachesTheProcessItself) {
  const ChildEnd end = locked_down(Mode::kEnforce, [] {
    raise(SIGABRT);
    return kSurvived;
  });
  EXPECT_TRUE(end.killed_by(SIGABRT)) << end.status << end.errors;
  EXPECT_EQ(end.errors, "");
}

TEST(Enforce, SignalsFollowAProcessThatForksBetweenPrepareAndLockdown) {
  const ChildEnd end = run_in_child([] {
    Sandbox sandbox = test_sandbox(Mode::kEnforce);
    if (auto status = sandbox.prepare(); !status) return failed(status);
    const pid_t child = fork();
    if (child == 0) {
      if (!sandbox.lockdown()) _exit(kLockdownFailed);
      raise(SIGABRT);
      _exit(kSurvived);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  });
  EXPECT_TRUE(end.exited_with(SIGABRT)) << end.status << end.errors;
}

#if defined(__x86_64__)
long call_of_i386(long number) {
  long result;
  asm volatile("int $0x80" : "=a"(result) : "a"(number) : "memory", "r8", "r9", "r10", "r11");
  return result;
}

TEST(Enforce, CallsOfI386AreKilled) {
  if (!testing::takes_i386_calls()) GTEST_SKIP() << "this machine takes no calls of i386";
  const ChildEnd end = locked_down(Mode::kEnforce, [] {
    call_of_i386(20);  // getpid, there
    return kSurvived;
  });
  EXPECT_TRUE(end.killed_by(SIGSYS)) << end.status;
}

TEST(Enforce, CallsOfX32AreKilled) {
  const ChildEnd end = locked_down(Mode::kEnforce, [] {
    syscall(kX32Bit | SYS_getpid);
    return kSurvived;
  });
  EXPECT_TRUE(end.killed_by(SIGSYS)) << end.status;
}

TEST(Errno, CallsOfI386FailWithEpermAndALine) {
  if (!testing::takes_i386_calls()) GTEST_SKIP() << "this machine takes no calls of i386";
  const ChildEnd end =
      locked_down(Mode::kErrno, [] { return call_of_i386(20) == -EPERM ? kSurvived : 1; });
  EXPECT_TRUE(end.exited_with(kSurvived)) << end.status << end.errors;
  EXPECT_EQ(end.count("call 20 of another architecture"), 1) << end.errors;
}
#endif

TEST(Errno, ViolationFailsWithEpermAndIsReportedOnceThenByCounts) {
  const ChildEnd end = locked_down(Mode::kErrno, [] {
    for (int i = 0; i < 120; ++i) {
      errno = 0;
      if (open_null() != -1 || errno != EPERM) return 1;
    }
    return kSurvived;
  });
  EXPECT_TRUE(end.exited_with(kSurvived)) << end.status << end.errors;
  EXPECT_EQ(end.count("qsbx: violation (errno): "), 3) << end.errors;
  EXPECT_EQ(end.count("is not granted by"), 1);
  EXPECT_EQ(end.count(": 10 times by now"), 1);
  EXPECT_EQ(end.count(": 100 times by now"), 1);
}

TEST(Errno, OtherIoctlCommandsAreOtherViolations) {
  const ChildEnd end = locked_down(Mode::kErrno, [] {
    int on = 1;
    for (int i = 0; i < 3; ++i) {
      ioctl(0, FIOCLEX, &on);
      ioctl(0, FIONBIO, &on);
    }
    return kSurvived;
  });
  EXPECT_TRUE(end.exited_with(kSurvived));
  EXPECT_EQ(end.count("violation"), 2) << end.errors;
}

// The C library blocks all signals around the clone(2) of posix_spawn(), and around a thread's.
TEST(Errno, ProcessesThatNobodyMayStartFailWithEperm) {
  const ChildEnd end = run_in_child([] {
    auto texts = test_profiles();
    std::string& base = texts["base/process.profile"];
    base.replace(base.find("clone, "), 7, "");
    base += "clone: clone_flags & CLONE_THREAD\n";
    Sandbox sandbox = test_sandbox(Mode::kErrno);
    sandbox.use_profiles(ProfileSet::from_texts(texts, native_architecture()).value());
    if (auto status = sandbox.lockdown(); !status) return failed(status);
    std::thread([] {}).join();
    char name[] = "/bin/true";
    char* arguments[] = {name, nullptr};
    char* environment[] = {nullptr};
    pid_t child = -1;
    const int error = posix_spawn(&child, name, nullptr, nullptr, arguments, environment);
    if (error != EPERM || fork() != -1 || errno != EPERM) return 1;
    return open_null() == -1 && errno == EPERM ? kSurvived : 2;
  });
  EXPECT_TRUE(end.exited_with(kSurvived)) << end.status << end.errors;
  EXPECT_EQ(end.count("violation"), 1) << end.errors;
}

TEST(Errno, WarnsOfThreadsThatBlockSigsys) {
  const ChildEnd end = run_in_child([] {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, nullptr);
    Sandbox sandbox = test_sandbox(Mode::kErrno);
    if (auto status = sandbox.lockdown(); !status) return failed(status);
    return kSurvived;
  });
  EXPECT_TRUE(end.exited_with(kSurvived)) << end.errors;
  EXPECT_EQ(end.count("warning: mode errno: 1 threads block SIGSYS"), 1) << end.errors;
}

TEST(Audit, ViolationRunsAndIsReportedOnceThenByCounts) {
  const std::string path = ::testing::TempDir() + "qsbx-audit-" + std::to_string(getpid());
  unlink(path.c_str());
  const ChildEnd end = locked_down(Mode::kAudit, [&] {
    for (int i = 0; i < 12; ++i) {
      const int file = static_cast<int>(
          syscall(SYS_openat, AT_FDCWD, path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600));
      if (file < 0) return 1;
      if (write(file, "x", 1) != 1) return 2;
      close(file);
    }
    return kSurvived;
  });
  EXPECT_TRUE(end.exited_with(kSurvived)) << end.status << end.errors;
  struct stat file = {};
  EXPECT_EQ(stat(path.c_str(), &file), 0) << "the call did not run";
  EXPECT_EQ(file.st_size, 12);
  EXPECT_EQ(end.count("violation (audit): thread "), 4) << end.errors;
  EXPECT_EQ(end.count("openat(dfd=AT_FDCWD, filename=\"" + path + "\""), 2) << end.errors;
  EXPECT_EQ(end.count("flags=O_WRONLY|O_CREAT|O_APPEND, mode=0600) is not granted by"), 1)
      << end.errors;
  EXPECT_EQ(end.count("built in"), 0) << end.errors;
  unlink(path.c_str());
}

TEST(Audit, SeveralThreadsAtOnce) {
  constexpr int kThreads = 8;
  constexpr int kCalls = 200;
  const ChildEnd end = locked_down(Mode::kAudit, [] {
    std::atomic<int> opened = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int call = 0; call < kCalls; ++call) {
          const int file = open_null();
          opened += file >= 0;
          close(file);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    return opened == kThreads * kCalls ? kSurvived : 1;
  });
  EXPECT_TRUE(end.exited_with(kSurvived)) << end.status << end.errors;
  EXPECT_EQ(end.count("openat(dfd=AT_FDCWD"), kThreads * 3) << end.errors;
}

TEST(Audit, ARefusalRunsToo) {
  const ChildEnd end = locked_down(Mode::kAudit, [] {
    return syscall(SYS_clone3, nullptr, 0) == -1 && errno == EINVAL ? kSurvived : 1;
  });
  EXPECT_TRUE(end.exited_with(kSurvived)) << end.status << end.errors;
  EXPECT_EQ(end.errors, "");
}

TEST(Audit, NamesThreadsByTheTableOfLockdown) {
  const ChildEnd end = run_in_child([] {
    prctl(PR_SET_NAME, "qemu-system");
    Sandbox sandbox = test_sandbox(Mode::kAudit);
    if (auto status = sandbox.lockdown(); !status) return failed(status);
    open_null();
    std::thread([] { open_null(); }).join();
    return kSurvived;
  });
  EXPECT_TRUE(end.exited_with(kSurvived)) << end.errors;
  EXPECT_EQ(end.count("\"qemu-system\": openat("), 1) << end.errors;
  EXPECT_EQ(end.count("\"started after lockdown\": openat("), 1) << end.errors;
}

TEST(Audit, SignalsDoNotDisturb) {
  const ChildEnd end = run_in_child([] {
    struct sigaction action = {};
    action.sa_handler = [](int) {};
    action.sa_flags = SA_RESTART;
    sigaction(SIGUSR1, &action, nullptr);
    Sandbox sandbox = test_sandbox(Mode::kAudit);
    if (auto status = sandbox.lockdown(); !status) return failed(status);
    const pid_t self = getpid();
    std::atomic<bool> stop = false;
    std::thread disturber([&] {
      while (!stop) syscall(SYS_tgkill, self, self, SIGUSR1);
    });
    int opened = 0;
    for (int i = 0; i < 500; ++i) {
      const int file = open_null();
      opened += file >= 0;
      close(file);
    }
    stop = true;
    disturber.join();
    return opened == 500 ? kSurvived : 1;
  });
  EXPECT_TRUE(end.exited_with(kSurvived)) << end.status << end.errors;
}

TEST(Audit, AForkedChildIsReportedToo) {
  const ChildEnd end = locked_down(Mode::kAudit, [] {
    if (fork() == 0) _exit(open_null() >= 0 ? kSurvived : 1);
    int status = 0;
    syscall(SYS_wait4, -1, &status, 0, nullptr);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  });
  EXPECT_TRUE(end.exited_with(kSurvived)) << end.status << end.errors;
  EXPECT_EQ(end.count("openat("), 1) << end.errors;
}

}  // namespace
}  // namespace qsbx
