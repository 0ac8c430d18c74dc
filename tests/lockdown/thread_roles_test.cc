// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Threads that have what their role needs and no more, on the running kernel.
#include "src/lockdown/thread_roles.h"

#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>

#include "kernel/thread_filter.h"
#include "src/lockdown/role_programs.h"
#include "src/lockdown/thread_spawner.h"
#include "tests/lockdown/child.h"
#include "tests/lockdown/test_profiles.h"
#include "tests/support/scaled.h"

namespace qsbx {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kAsExpected = 42;
constexpr int kLockdownFailed = 99;

// What the roles of test_profiles() have in common is theirs here; a disk is read by workers.
constexpr char kBase[] = R"(
profile base-process
{ read, close, brk, mmap, munmap, mprotect, madvise, mremap, futex, sched_yield, exit, exit_group }: 1
{ clock_gettime, clock_nanosleep, getpid, tgkill, rt_sigprocmask, sigaltstack, sched_getaffinity }: 1
clone3: 0 else ENOSYS
[main, iothread, worker, other]
{ clone, set_robust_list, rseq, pread64 }: 1
[main, other]
fdatasync: 1
)";

Sandbox sandbox_with_roles(Mode mode) {
  Sandbox sandbox = sandbox_of({{"base/process.profile", kBase}}, mode);
  sandbox.set_roles(true);
  return sandbox;
}

// 0, or the errno that it failed with.
int read_disk() {
  char byte;
  return syscall(SYS_pread64, -1, &byte, 1, 0) == -1 ? errno : 0;
}
int write_disk_back() { return syscall(SYS_fdatasync, -1) == -1 ? errno : 0; }

// A thread of that name, of which `work` is to be done after the lockdown.
class Waiting {
 public:
  Waiting(const char* name, std::function<int()> work) {
    thread_ = std::thread([this, name, work] {
      thread_starts(name);
      is_there_ = true;
      is_there_.notify_all();
      may_work_.wait(false);
      result_ = work();
    });
    is_there_.wait(false);
  }

  int work() {
    may_work_ = true;
    may_work_.notify_all();
    thread_.join();
    return result_;
  }

 private:
  std::atomic<bool> is_there_ = false;
  std::atomic<bool> may_work_ = false;
  int result_ = -1;
  std::thread thread_;
};

int lock_down(Mode mode) {
  Sandbox sandbox = sandbox_with_roles(mode);
  const Status status = sandbox.lockdown();
  if (status.ok()) return 0;
  fprintf(stderr, "%s\n", status.error().to_string().c_str());
  return kLockdownFailed;
}

// The same as pthread_create(3) with a function of C++, of which the value is left in `result`.
pthread_t start(const std::function<void()>& work) {
  pthread_t thread = {};
  const auto run = [](void* argument) -> void* {
    (*static_cast<const std::function<void()>*>(argument))();
    return nullptr;
  };
  if (start_thread(&thread, nullptr, run, const_cast<std::function<void()>*>(&work)) != 0) abort();
  return thread;
}

TEST(ThreadRoles, AThreadThatWasThereIsRefusedWhatItsRoleDoesNotNeed) {
  const ChildEnd end = run_in_child([] {
    Waiting processor("CPU 0/KVM", read_disk);
    if (int failed = lock_down(Mode::kEnforce)) return failed;
    if (read_disk() != EBADF) return 1;  // the main thread
    return processor.work();
  });
  EXPECT_TRUE(end.killed_by(SIGSYS)) << end.status << end.errors;
  EXPECT_EQ(end.count("would be granted by role main, iothread, worker, other "
                      "(base/process.profile:7)"),
            1)
      << end.errors;
}

TEST(ThreadRoles, AThreadThatComesLaterIsRefusedIt) {
  const ChildEnd end = run_in_child([] {
    if (int failed = lock_down(Mode::kEnforce)) return failed;
    std::thread([] {
      if (read_disk() != EBADF) _exit(1);
      thread_starts("CPU 1/KVM");
      read_disk();
    }).join();
    return kAsExpected;
  });
  EXPECT_TRUE(end.killed_by(SIGSYS)) << end.status << end.errors;
}

TEST(ThreadRoles, EachRoleHasWhatItNeeds) {
  const ChildEnd end = run_in_child([] {
    Waiting worker("worker", [] { return read_disk() == EBADF ? kAsExpected : 1; });
    Waiting unnamed("gmain", [] { return write_disk_back() == EBADF ? kAsExpected : 2; });
    if (int failed = lock_down(Mode::kEnforce)) return failed;
    const int result = worker.work();
    return result == kAsExpected ? unnamed.work() : result;
  });
  EXPECT_TRUE(end.exited_with(kAsExpected)) << end.status << end.errors;
  EXPECT_EQ(end.errors, "");
}

TEST(ThreadRoles, InModeErrnoTheCallFails) {
  const ChildEnd end = run_in_child([] {
    Waiting processor("CPU 0/KVM", [] { return read_disk() == EPERM ? kAsExpected : 1; });
    if (int failed = lock_down(Mode::kErrno)) return failed;
    return processor.work();
  });
  EXPECT_TRUE(end.exited_with(kAsExpected)) << end.status << end.errors;
  EXPECT_EQ(end.count("violation (errno)"), 1) << end.errors;
}

TEST(ThreadRoles, ModeAuditSaysThatRolesAreNotObserved) {
  const ChildEnd end = run_in_child([] {
    Waiting processor("CPU 0/KVM", [] { return read_disk() == EBADF ? kAsExpected : 1; });
    if (int failed = lock_down(Mode::kAudit)) return failed;
    return processor.work();
  });
  EXPECT_TRUE(end.exited_with(kAsExpected)) << end.status << end.errors;
  EXPECT_EQ(end.count("mode audit: what the role of a thread does not need is not reported"), 1)
      << end.errors;
}

TEST(ThreadRoles, AVirtualProcessorHasAWorkerStartedThatMayDoMoreThanItself) {
  const ChildEnd end = run_in_child([] {
    Waiting processor("CPU 0/TCG", [] {
      int result = 0;
      const std::function<void()> work = [&result] {
        thread_starts("worker");
        result = read_disk() == EBADF ? kAsExpected : 1;
      };
      pthread_join(start(work), nullptr);
      return result;
    });
    if (int failed = lock_down(Mode::kEnforce)) return failed;
    return processor.work();
  });
  EXPECT_TRUE(end.exited_with(kAsExpected)) << end.status << end.errors;
}

TEST(ThreadRoles, AVirtualProcessorStartsNoThreadByItself) {
  const ChildEnd end = run_in_child([] {
    Waiting processor("CPU 0/TCG", [] {
      std::thread([] {}).join();
      return kAsExpected;
    });
    if (int failed = lock_down(Mode::kEnforce)) return failed;
    return processor.work();
  });
  // Without a line: around clone() the C library blocks all signals.
  EXPECT_TRUE(end.killed_by(SIGSYS)) << end.status << end.errors;
}

// Each worker is started by the one before, for months: were a filter added each time, the kernel
// would refuse one in the end (kernel/seccomp.c: MAX_INSNS_PER_PATH, 32768).
TEST(ThreadRoles, WorkersThatStartWorkersDoNotPileFiltersUp) {
  const int generations = testing::scaled(2000, 20);
  const ChildEnd end = run_in_child([&] {
    if (int failed = lock_down(Mode::kEnforce)) return failed;
    std::atomic<int> left = generations;
    std::function<void()> work = [&] {
      thread_starts("worker");
      if (read_disk() != EBADF) _exit(1);
      if (left.fetch_sub(1) == 1) {
        left.notify_all();
      } else {
        pthread_detach(start(work));
      }
    };
    pthread_detach(start(work));
    for (int now = left; now > 0; now = left) left.wait(now);
    return kAsExpected;
  });
  EXPECT_TRUE(end.exited_with(kAsExpected)) << end.status << end.errors;
  EXPECT_EQ(end.errors, "");
}

TEST(ThreadRoles, AThreadThatBlocksTheSignalIsNamedAndHasThePolicyOfTheProcess) {
  const ChildEnd end = run_in_child([]() -> int {
    std::atomic<bool> is_there = false;
    std::thread deaf([&] {
      sigset_t all;
      sigfillset(&all);
      pthread_sigmask(SIG_SETMASK, &all, nullptr);
      thread_starts("CPU 2/KVM");
      is_there = true;
      is_there.notify_all();
      pause();
    });
    deaf.detach();
    is_there.wait(false);
    const int failed = lock_down(Mode::kEnforce);
    _exit(failed != 0 ? failed : kAsExpected);
  });
  EXPECT_TRUE(end.exited_with(kAsExpected)) << end.status << end.errors;
  EXPECT_EQ(
      end.count("has not taken the program of its role: it "
                "does not answer to SIGSYS yet; the policy of the process is in force for it"),
      1)
      << end.errors;
}

TEST(ThreadRoles, NobodyPutsAnotherFilterInForce) {
  const ChildEnd end = run_in_child([] {
    if (int failed = lock_down(Mode::kEnforce)) return failed;
    struct sock_filter allow = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
    const struct sock_fprog own = {1, &allow};
    return put_filter_on_this_thread(&own);
  });
  EXPECT_TRUE(end.killed_by(SIGSYS)) << end.status << end.errors;
  EXPECT_EQ(end.count("seccomp(op=SECCOMP_SET_MODE_FILTER"), 1) << end.errors;
}

TEST(ThreadRoles, AConfinedThreadPutsNoneInForce) {
  const ChildEnd end = run_in_child([] {
    Waiting worker("worker", [] {
      struct sock_filter allow = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
      const struct sock_fprog own = {1, &allow};
      return put_filter_on_this_thread(&own) == 0 ? 1 : kAsExpected;
    });
    if (int failed = lock_down(Mode::kEnforce)) return failed;
    return worker.work();
  });
  EXPECT_TRUE(end.killed_by(SIGSYS)) << end.status << end.errors;
}

TEST(ThreadRoles, TheDescriptionCountsTheCallsOfEachRole) {
  Sandbox sandbox = sandbox_with_roles(Mode::kEnforce);
  ASSERT_TRUE(sandbox.prepare().ok());
  EXPECT_THAT(sandbox.describe(), HasSubstr("; of these by role: vcpu "));
  sandbox.set_roles(false);
  ASSERT_TRUE(sandbox.prepare().ok());
  EXPECT_THAT(sandbox.describe(), Not(HasSubstr("by role")));
}

// Whether this kernel has mseal(2), by pages of our own.
bool kernel_seals() {
  const size_t size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* page = mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return seal_pages(page, size);
}

TEST(RolePrograms, AreNotWrittenToOnceTheyAreClosed) {
  const ChildEnd end = run_in_child([] {
    auto programs = RolePrograms::reserve();
    if (!programs || !(*programs)->close(true)) return 1;
    void* page = reinterpret_cast<void*>((*programs)->address(0));
    const bool writable = mprotect(page, 1, PROT_READ | PROT_WRITE) == 0;
    return writable == kernel_seals() ? 2 : kAsExpected;
  });
  EXPECT_TRUE(end.exited_with(kAsExpected)) << end.status << end.errors;
}

}  // namespace
}  // namespace qsbx
