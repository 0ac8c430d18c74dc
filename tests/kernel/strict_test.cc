// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/strict.h"

#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <thread>

#include "kernel/fake_kernel.h"
#include "kernel/probe.h"
#include "src/policy/strict_policy.h"
#include "src/syscalls/syscall_table.h"
#include "tests/support/this_machine.h"

namespace qsbx {
namespace {

using ::testing::HasSubstr;
using Kind = FakeKernel::CallRecord::Kind;

constexpr int kNotEntered = 99;

class WithoutSeccomp : public FakeKernel {
 public:
  int get_seccomp_mode() override { return -EINVAL; }
};

TEST(Strict, TheProbeTellsWhetherItIsThere) {
  const auto strict_of = [](Kernel& kernel) {
    const auto all = probe(kernel);
    const auto found = std::ranges::find(all, "strict", &Capability::name);
    return found == all.end() ? Capability{} : *found;
  };
  FakeKernel kernel;
  EXPECT_TRUE(strict_of(kernel).present);
  WithoutSeccomp without;
  EXPECT_FALSE(strict_of(without).present);
  EXPECT_FALSE(strict_of(without).required);
  EXPECT_THAT(strict_of(without).detail(),
              HasSubstr("Linux 2.6.12, CONFIG_SECCOMP; here: Invalid"));
  EXPECT_TRUE(strict_of(running_kernel()).present);
}

TEST(Strict, MakesOneCallAndNoneAfterIt) {
  FakeKernel kernel;
  EXPECT_TRUE(enter_strict(kernel).ok());
  EXPECT_EQ(kernel.seccomp_mode(), SECCOMP_MODE_STRICT);
  EXPECT_EQ(kernel.calls().size(), 1U);
  EXPECT_EQ(kernel.calls()[0].operation, static_cast<unsigned>(SECCOMP_SET_MODE_STRICT));
}

TEST(Strict, WithoutSeccomp2ByPrctl) {
  FakeKernel kernel;
  kernel.fail(1, -ENOSYS);
  EXPECT_TRUE(enter_strict(kernel).ok());
  EXPECT_EQ(kernel.seccomp_mode(), SECCOMP_MODE_STRICT);
  EXPECT_EQ(kernel.calls().size(), 2U);
  EXPECT_EQ(kernel.calls()[1].kind, Kind::kSetSeccompMode);
}

TEST(Strict, EachRefusalHasASentenceAndChangesNothing) {
  for (const auto& [error, sentence] :
       {std::pair{EINVAL, "without CONFIG_SECCOMP"}, std::pair{EPERM, "a filter denies it"},
        std::pair{EACCES, "a filter denies it"}, std::pair{ENOMEM, "Cannot allocate memory"}}) {
    FakeKernel kernel;
    kernel.fail(1, -error);
    const Status status = enter_strict(kernel);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kKernel);
    EXPECT_EQ(status.error().saved_errno, error);
    EXPECT_THAT(status.error().message, HasSubstr("the kernel refused strict mode: "));
    EXPECT_THAT(status.error().message, HasSubstr(sentence));
    EXPECT_THAT(status.error().message, HasSubstr("as free as before"));
    EXPECT_EQ(kernel.seccomp_mode(), 0);
  }
}

// Without seccomp(2), and with another call failing, too.
class OldKernel : public FakeKernel {
 public:
  explicit OldKernel(int answer_to_prctl) : answer_to_prctl_(answer_to_prctl) {}
  int seccomp(unsigned, unsigned, void*) override { return -ENOSYS; }
  int set_seccomp_mode(unsigned long, void*) override { return answer_to_prctl_; }

 private:
  int answer_to_prctl_;
};

TEST(Strict, WithoutEitherWayIn) {
  OldKernel hidden(-ENOSYS);
  EXPECT_THAT(enter_strict(hidden).error().message, HasSubstr("neither seccomp(2) nor the prctl"));
  OldKernel without(-EINVAL);
  EXPECT_THAT(enter_strict(without).error().message, HasSubstr("without CONFIG_SECCOMP"));
  EXPECT_EQ(without.seccomp_mode(), 0);
}

TEST(Strict, FromAFilterThereIsNoWay) {
  FakeKernel kernel;
  int filter = 0;
  ASSERT_EQ(kernel.set_seccomp_mode(SECCOMP_MODE_FILTER, &filter), 0);
  const Status status = enter_strict(kernel);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kThread);
  EXPECT_EQ(status.error().saved_errno, EINVAL);
  EXPECT_THAT(status.error().message, HasSubstr("this thread has a seccomp filter"));
  EXPECT_EQ(kernel.seccomp_mode(), SECCOMP_MODE_FILTER);
}

// Where the mode cannot be asked for either, the answer is the kernel's errno.
TEST(Strict, AFilterThatHidesTheModeIsNoFilterToUs) {
  FakeKernel kernel;
  int filter = 0;
  ASSERT_EQ(kernel.set_seccomp_mode(SECCOMP_MODE_FILTER, &filter), 0);
  kernel.fail(3, -EPERM);
  const Status status = enter_strict(kernel);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kKernel);
  EXPECT_EQ(status.error().saved_errno, EINVAL);
}

// In a child, which enters strict mode and ends as `body` says.
template <typename Body>
int status_of(const Body& body) {
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGSEGV, SIG_DFL);  // not AddressSanitizer's handler, which makes calls
    if (!enter_strict(running_kernel())) _exit(kNotEntered);
    exit_strict(body());
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return status;
}

template <typename Body>
void expect_killed(const char* what, const Body& body, int signal = SIGKILL) {
  const int status = status_of([&] {
    body();
    return 0;
  });
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == signal) << what << ": " << status;
}

TEST(StrictLive, ExitKeepsItsStatus) {
  EXPECT_EQ(status_of([] { return 7; }), 7 << 8);
}

TEST(StrictLive, ReadAndWriteHappen) {
  int in[2];
  int out[2];
  ASSERT_EQ(pipe(in), 0);
  ASSERT_EQ(pipe(out), 0);
  ASSERT_EQ(write(in[1], "abc", 3), 3);
  const int status = status_of([&] {
    char text[8];
    const ssize_t size = read(in[0], text, sizeof(text));
    return size == 3 && write(out[1], text, 3) == 3 ? 0 : 1;
  });
  EXPECT_EQ(status, 0);
  char text[8] = {};
  EXPECT_EQ(read(out[0], text, sizeof(text)), 3);
  EXPECT_STREQ(text, "abc");
  for (const int end : {in[0], in[1], out[0], out[1]}) close(end);
}

// SIGKILL, which no handler and no report can come before: not SIGSYS.
TEST(StrictLive, AnythingElseIsKilled) {
  expect_killed("getpid", [] { syscall(SYS_getpid); });
  expect_killed("_exit", [] { _exit(0); });
  expect_killed("openat", [] { syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY); });
  expect_killed("close", [] { syscall(SYS_close, 0); });
  expect_killed("mmap", [] { syscall(SYS_mmap, 0, 4096, 0, 0x22, -1, 0); });
  expect_killed("prctl", [] { syscall(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0, 0); });
  expect_killed("seccomp", [] { (void)enter_strict(running_kernel()); });
  expect_killed("a number that no call has", [] { syscall(400000); });
}

// The policy says of every call of the table whether it kills. Those that would not come back, or
// that the kernel lets through by its own, are left out.
TEST(StrictLive, TheKernelDoesWhatThePolicySays) {
  const Policy strict = strict_policy(native_architecture());
  for (const char* name :
       {"read", "write", "exit", "rt_sigreturn", "exit_group", "readv", "writev", "pread64", "kill",
        "getuid", "brk", "futex", "clock_gettime", "munmap"}) {
    const int number = find_syscall(native_architecture(), name)->number;
    const bool granted = strict.calls().contains(number);
    const int status = status_of([&] {
      syscall(number, -1, 0, 0, 0, 0, 0);
      return 0;
    });
    const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    EXPECT_NE(granted, killed) << name << " " << status;
  }
}

#ifdef __x86_64__
TEST(StrictLive, X32IsKilled) {
  expect_killed("write of x32", [] { syscall(kX32Bit | SYS_write, 2, nullptr, 0); });
}

// The kernel takes the time stamp counter away, too. So the vDSO's clocks end in SIGSEGV where they
// read it, and by SIGKILL where they make the call instead.
TEST(StrictLive, TheTimeStampCounterIsTakenAway) {
  if (!testing::takes_time_stamp_counter_away()) {
    GTEST_SKIP() << "prctl(PR_SET_TSC) has no effect on this machine";
  }
  expect_killed(
      "rdtsc", [] { __builtin_ia32_rdtsc(); }, SIGSEGV);
  const int status = status_of([] {
    struct timespec now;
    return clock_gettime(CLOCK_MONOTONIC, &now);
  });
  ASSERT_TRUE(WIFSIGNALED(status)) << status;
  EXPECT_TRUE(WTERMSIG(status) == SIGSEGV || WTERMSIG(status) == SIGKILL) << status;
}
#endif

TEST(StrictLive, CoarseClocksAndTimeStillWork) {
  if (getauxval(AT_SYSINFO_EHDR) == 0) GTEST_SKIP() << "the kernel gives this process no vDSO";
  EXPECT_EQ(status_of([] {
              struct timespec now = {};
              if (clock_gettime(CLOCK_MONOTONIC_COARSE, &now) != 0 || now.tv_sec == 0) return 1;
              return time(nullptr) > 0 ? 0 : 2;
            }),
            0);
}

int out_of_handler = -1;

void tell(int) {
  const ssize_t written = write(out_of_handler, "h", 1);
  (void)written;
}

// One letter for each step: entered, handled, back in the read that was interrupted.
TEST(StrictLive, ASignalHandlerReturns) {
  int in[2];
  int out[2];
  ASSERT_EQ(pipe(in), 0);
  ASSERT_EQ(pipe(out), 0);
  out_of_handler = out[1];
  struct sigaction action = {};
  struct sigaction before = {};
  action.sa_handler = tell;
  action.sa_flags = SA_RESTART;
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  const pid_t child = fork();
  if (child == 0) {
    if (!enter_strict(running_kernel())) _exit(kNotEntered);
    char letter = 'e';
    if (write(out[1], &letter, 1) != 1) exit_strict(1);
    exit_strict(read(in[0], &letter, 1) == 1 && letter == 'x' ? 5 : 2);
  }
  char letter = 0;
  EXPECT_EQ(read(out[0], &letter, 1), 1);
  EXPECT_EQ(letter, 'e');
  EXPECT_EQ(kill(child, SIGUSR1), 0);
  EXPECT_EQ(read(out[0], &letter, 1), 1);
  EXPECT_EQ(letter, 'h');
  EXPECT_EQ(write(in[1], "x", 1), 1);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 5 << 8);
  sigaction(SIGUSR1, &before, nullptr);
  for (const int end : {in[0], in[1], out[0], out[1]}) close(end);
}

// In a child with a second thread. What is killed, and what leaves, is the thread that is strict.
template <typename Body>
int status_with_thread(const Body& body) {
  const pid_t child = fork();
  if (child == 0) {
    std::thread([&] {
      if (!enter_strict(running_kernel())) _exit(kNotEntered);
      body();
    }).join();
    _exit(running_kernel().get_seccomp_mode() == 0 ? 3 : 4);  // as free as before
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return status;
}

TEST(StrictLive, OneThreadIsKilledAndTheOthersGoOn) {
  EXPECT_EQ(status_with_thread([] { syscall(SYS_getpid); }), 3 << 8);
}

TEST(StrictLive, OneThreadLeavesAndTheOthersGoOn) {
  EXPECT_EQ(status_with_thread([] { exit_strict(9); }), 3 << 8);
}

TEST(StrictLive, ByPrctlItIsTheSame) {
  class WithoutSeccomp2 : public FakeKernel {
   public:
    int seccomp(unsigned, unsigned, void*) override { return -ENOSYS; }
    int set_seccomp_mode(unsigned long mode, void* argument) override {
      return running_kernel().set_seccomp_mode(mode, argument);
    }
  };
  const pid_t child = fork();
  if (child == 0) {
    WithoutSeccomp2 kernel;
    if (!enter_strict(kernel)) _exit(kNotEntered);
    syscall(SYS_getpid);
    exit_strict(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
}

TEST(StrictLive, UnderAFilterItIsRefusedAndTheFilterStays) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {1, &allow};
    running_kernel().set_no_new_privs();
    if (running_kernel().seccomp(SECCOMP_SET_MODE_FILTER, 0, &program) != 0) _exit(1);
    const Status status = enter_strict(running_kernel());
    const std::string text = status.ok() ? "entered" : status.error().message;
    if (write(ends[1], text.data(), text.size()) < 0) _exit(2);
    _exit(running_kernel().get_seccomp_mode() == SECCOMP_MODE_FILTER ? 0 : 3);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  char text[512] = {};
  ASSERT_GT(read(ends[0], text, sizeof(text) - 1), 0);
  EXPECT_THAT(text, HasSubstr("this thread has a seccomp filter"));
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace qsbx
