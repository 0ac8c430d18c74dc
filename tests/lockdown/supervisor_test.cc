// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A child whose openat, getppid and getuid are handed to its parent.
#include "src/lockdown/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <random>
#include <thread>

#include "kernel/kernel.h"
#include "tests/support/scaled.h"

namespace qsbx {
namespace {

constexpr int kAsExpected = 42;

int install_handing_over() {
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getuid, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
  };
  struct sock_fprog header = {std::size(program), program};
  running_kernel().set_no_new_privs();
  return running_kernel().seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
                                  &header);
}

struct Supervised {
  pid_t child = -1;
  int listener = -1;
};

// The child gives its listener away, keeps none, and goes on with `body`.
Supervised start(const std::function<int()>& body) {
  int to_parent[2], to_child[2];
  if (pipe(to_parent) != 0 || pipe(to_child) != 0) return {};
  fflush(nullptr);
  Supervised supervised;
  supervised.child = fork();
  if (supervised.child == 0) {
    close(to_child[1]);
    alarm(testing::patience(20));
    const int listener = install_handing_over();
    char taken;
    if (write(to_parent[1], &listener, sizeof listener) != sizeof listener) _exit(3);
    if (read(to_child[0], &taken, 1) != 1) _exit(4);
    close(listener);
    _exit(body());
  }
  int number = -1;
  const ssize_t length = read(to_parent[0], &number, sizeof number);
  if (length == sizeof number && number >= 0) {
    const int process = static_cast<int>(syscall(SYS_pidfd_open, supervised.child, 0));
    supervised.listener = static_cast<int>(syscall(SYS_pidfd_getfd, process, number, 0));
    close(process);
  }
  EXPECT_EQ(write(to_child[1], "x", 1), 1);
  for (const int end : {to_parent[0], to_parent[1], to_child[0], to_child[1]}) close(end);
  return supervised;
}

#define SKIP_WITHOUT_LISTENER(supervised) \
  if ((supervised).listener < 0)          \
  GTEST_SKIP() << "no listener, or none that can be taken: errno " << errno

int exit_status_of(pid_t child) {
  int status = -1;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

// getppid gives 4711, getuid runs, and only /dev/zero is opened.
class TestJudge : public Judge {
 public:
  ByRegisters by_registers(const Notification& notification) override {
    ++asked;
    if (notification.call.nr == SYS_getppid) return Value{4711};
    if (notification.call.nr == SYS_openat) return LookAtMemory{};
    return LetRun{};
  }
  ByMemory by_memory(const Notification& notification, const WaitingCaller& caller) override {
    char room[64];
    const auto path = caller.text(notification.call.args[1], room, sizeof room);
    if (!path) return Fail{EFAULT};
    if (*path != "/dev/zero") return Fail{EACCES};
    return PassIn{open("/dev/zero", O_RDONLY | O_CLOEXEC), true};
  }
  int asked = 0;
};

int use_supervised_calls() {
  if (syscall(SYS_getppid) != 4711) return 5;
  const uid_t user = getuid();
  if (user != geteuid()) return 6;
  const int zero = open("/dev/zero", O_RDONLY);
  char byte = 1;
  if (zero < 0 || read(zero, &byte, 1) != 1 || byte != 0) return 7;
  if (fcntl(zero, F_GETFD) != FD_CLOEXEC) return 8;
  if (open("/dev/null", O_RDONLY) != -1 || errno != EACCES) return 9;
  const long unreadable = syscall(SYS_openat, AT_FDCWD, 8, O_RDONLY);
  if (unreadable != -1 || errno != EFAULT) return 10;
  const std::string too_long(100, 'x');
  if (open(too_long.c_str(), O_RDONLY) != -1 || errno != EFAULT) return 11;
  return kAsExpected;
}

struct WayToTheEnd {
  bool ok = false;
  double seconds = 0;
  int exit_status = 0;
};

// Until the child has ended. It is waited for meanwhile: before Linux 6.11 it is under its filter
// for that long.
WayToTheEnd supervise_to_the_end(const Supervised& supervised, TestJudge& judge) {
  WayToTheEnd way;
  std::thread supervisor([&] {
    const auto before = std::chrono::steady_clock::now();
    way.ok = supervise(supervised.listener, judge).ok();
    way.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
  });
  way.exit_status = exit_status_of(supervised.child);
  supervisor.join();
  close(supervised.listener);
  return way;
}

TEST(Supervisor, AnswersAndEndsWithTheLastCaller) {
  const Supervised supervised = start(use_supervised_calls);
  SKIP_WITHOUT_LISTENER(supervised);
  TestJudge judge;
  const WayToTheEnd way = supervise_to_the_end(supervised, judge);
  EXPECT_TRUE(way.ok);
  EXPECT_EQ(judge.asked, 6);
  EXPECT_EQ(way.exit_status, kAsExpected);
}

// As when a thread has ended and its number is another's: here, this process's own.
TEST(Supervisor, MemoryOfWhoDoesNotWaitIsThrownAway) {
  const Supervised supervised = start([] { return syscall(SYS_getppid) == -1 ? kAsExpected : 5; });
  SKIP_WITHOUT_LISTENER(supervised);
  Notification waiting;
  ASSERT_EQ(receive_notification(supervised.listener, waiting), 0);
  const char text[] = "readable";
  const auto address = reinterpret_cast<uintptr_t>(text);
  char room[sizeof text];
  for (const bool waits : {true, false}) {
    const uint64_t id = waits ? waiting.id : waiting.id + 1;
    const WaitingCaller caller(supervised.listener, {id, getpid(), {}});
    EXPECT_EQ(caller.text(address, room, sizeof room).has_value(), waits);
    EXPECT_EQ(caller.copy(address, room, sizeof room), waits);
    EXPECT_EQ(caller.current_folder().has_value(), waits);
  }
  EXPECT_EQ(fail_call(supervised.listener, waiting.id, EPERM), 0);
  EXPECT_EQ(exit_status_of(supervised.child), kAsExpected);
  close(supervised.listener);
}

TEST(Supervisor, SaysWhatIsNoListener) {
  TestJudge judge;
  const Status closed = supervise(-1, judge);
  ASSERT_FALSE(closed.ok());
  EXPECT_EQ(closed.error().saved_errno, EBADF);
  EXPECT_EQ(judge.asked, 0);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  const Status pipe_end = supervise(ends[0], judge);
  ASSERT_FALSE(pipe_end.ok());
  EXPECT_EQ(pipe_end.error().saved_errno, ENOTTY);
  EXPECT_NE(pipe_end.error().message.find("cannot read the notifications"), std::string::npos);
  close(ends[0]);
  close(ends[1]);
}

// Every call is answered by the supervisor or fails with ENOSYS: never by the kernel's own getppid.
int call_until_refused() {
  for (;;) {
    const long answer = syscall(SYS_getppid);
    if (answer == 4711) continue;
    return answer == -1 && errno == ENOSYS ? kAsExpected : 5;
  }
}

TEST(Supervisor, KilledAtAnyMomentLeavesTheCallerFiltered) {
  const unsigned seed = std::random_device()();
  RecordProperty("seed", static_cast<int>(seed));
  printf("seed %u\n", seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 20; ++round) {
    const Supervised supervised = start(call_until_refused);
    SKIP_WITHOUT_LISTENER(supervised);
    const pid_t supervisor = fork();
    if (supervisor == 0) {
      TestJudge judge;
      _exit(supervise(supervised.listener, judge).ok() ? 0 : 1);
    }
    close(supervised.listener);
    usleep(random() % 5000);
    kill(supervisor, SIGKILL);
    EXPECT_EQ(exit_status_of(supervisor), -SIGKILL);
    EXPECT_EQ(exit_status_of(supervised.child), kAsExpected) << "round " << round;
  }
}

// The rate is printed, not asserted.
TEST(Supervisor, RateOfAnswers) {
  const int calls = testing::scaled(20'000, 1000);
  const Supervised supervised = start([&] {
    for (int i = 0; i < calls; ++i) {
      if (syscall(SYS_getppid) != 4711) return 5;
    }
    return kAsExpected;
  });
  SKIP_WITHOUT_LISTENER(supervised);
  TestJudge judge;
  const WayToTheEnd way = supervise_to_the_end(supervised, judge);
  EXPECT_TRUE(way.ok);
  EXPECT_EQ(judge.asked, calls);
  EXPECT_EQ(way.exit_status, kAsExpected);
  printf("%.0f notifications answered in a second\n", calls / way.seconds);
}

}  // namespace
}  // namespace qsbx
