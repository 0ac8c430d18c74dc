// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "kernel/fake_kernel.h"
#include "kernel/filter.h"
#include "kernel/filter_escape.h"
#include "kernel/probe.h"
#include "kernel/thread_state.h"
#include "src/bpf/kernel_cost.h"
#include "src/compile/compile.h"
#include "src/syscalls/beyond_filters.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

using testing::HasSubstr;

Capability find(const std::vector<Capability>& capabilities, const std::string& name) {
  const auto found = std::ranges::find(capabilities, name, &Capability::name);
  return found == capabilities.end() ? Capability{} : *found;
}

TEST(Probe, TheRunningKernelHasWhatTheTestsNeed) {
  const auto capabilities = probe(running_kernel());
  for (const Capability& capability : capabilities) {
    EXPECT_TRUE(!capability.required || capability.present) << capability.name;
  }
  EXPECT_TRUE(find(capabilities, "tsync").required);
}

TEST(Probe, SaysWhatIsMissing) {
  FakeKernel kernel;
  kernel.forget_flags(SECCOMP_FILTER_FLAG_TSYNC_ESRCH);
  const auto capabilities = probe(kernel);
  EXPECT_TRUE(find(capabilities, "tsync").present);
  EXPECT_TRUE(find(capabilities, "action-trap").present);
  const Capability missing = find(capabilities, "tsync-esrch");
  EXPECT_FALSE(missing.present);
  EXPECT_FALSE(missing.required);
  EXPECT_THAT(missing.detail(), HasSubstr("Invalid argument"));
  EXPECT_EQ(kernel.installed(), 0);
}

class KernelWithLandlock : public FakeKernel {
 public:
  explicit KernelWithLandlock(int answer) : answer_(answer) {}
  int landlock_create_ruleset(const void*, size_t, unsigned) override { return answer_; }

 private:
  int answer_;
};

TEST(Probe, SaysWhichLandlockThereIs) {
  KernelWithLandlock without(-ENOSYS);
  const Capability missing = find(probe(without), "landlock");
  EXPECT_FALSE(missing.present);
  EXPECT_FALSE(missing.required);
  EXPECT_THAT(missing.detail(), HasSubstr("Linux 5.13; here: Function not implemented"));
  KernelWithLandlock first(1);
  EXPECT_THAT(find(probe(first), "landlock").detail(), HasSubstr("here: ABI 1"));
  EXPECT_FALSE(find(probe(first), "landlock-net").present);
  KernelWithLandlock with_tcp(4);
  EXPECT_TRUE(find(probe(with_tcp), "landlock-net").present);
}

TEST(Probe, WithoutSeccompNothingIsPresent) {
  FakeKernel kernel;
  kernel.fail(2, -ENOSYS);  // the first asks for the version
  const Capability filter = find(probe(kernel), "filter");
  EXPECT_FALSE(filter.present);
  EXPECT_TRUE(filter.required);
}

TEST(Probe, SaysWhatObservingNeeds) {
  FakeKernel kernel;
  if (!find(probe(kernel), "event-tracefs").present) GTEST_SKIP() << "tracefs is not mounted";
  for (const char* name : {"event-perf", "event-tracefs", "event-syscalls"}) {
    const Capability one = find(probe(kernel), name);
    EXPECT_THAT(one.detail(), HasSubstr("qsbx trace"));
    EXPECT_FALSE(one.required);
  }
  struct NoPerf : FakeKernel {
    int perf_event_open(void*, pid_t, int, unsigned long) override { return -ENOSYS; }
  } without;
  const Capability missing = find(probe(without), "event-perf");
  EXPECT_FALSE(missing.present);
  EXPECT_THAT(missing.detail(), HasSubstr("Function not implemented"));
}

TEST(FilterEscape, OfAnOrdinaryCall) {
  EXPECT_EQ(find_filter_escape(running_kernel(), SYS_getppid), FilterEscape::kFiltered);
  EXPECT_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
}

TEST(FilterEscape, OfACallThatIsNotFiltered) {
  FakeKernel kernel;  // installs nothing
  EXPECT_EQ(find_filter_escape(kernel, SYS_getppid), FilterEscape::kUnfiltered);
  EXPECT_EQ(kernel.installed(), 0);
}

TEST(FilterEscape, WithoutAFilterNothingIsKnown) {
  FakeKernel kernel;
  kernel.fail(2, -EINVAL);
  EXPECT_EQ(find_filter_escape(kernel, SYS_getppid), FilterEscape::kUnknown);
}

// What the tables say is possible, and nothing that they do not.
TEST(FilterEscape, OfEveryUnassignedNumberAndTheKnownOnes) {
  for (const int number : unfiltered_calls(native_architecture())) {
    const Capability one =
        find(probe(running_kernel()),
             "filters-" + std::string(find_syscall(native_architecture(), number)->name));
    EXPECT_FALSE(one.required);
    EXPECT_EQ(one.present, find_filter_escape(running_kernel(), number) == FilterEscape::kFiltered);
  }
  for (int number = 337; number < 350; ++number) {
    EXPECT_EQ(find_filter_escape(running_kernel(), number), FilterEscape::kFiltered) << number;
  }
}

TEST(FilterSupport, AsksWithoutInstalling) {
  FakeKernel kernel;
  EXPECT_TRUE(check_filter_support(kernel, {}).ok());
  EXPECT_TRUE(check_filter_support(kernel, {.log = true, .new_listener = true}).ok());
  EXPECT_EQ(kernel.installed(), 0);
  EXPECT_EQ(kernel.calls().back().flags, SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG |
                                             SECCOMP_FILTER_FLAG_NEW_LISTENER |
                                             SECCOMP_FILTER_FLAG_TSYNC_ESRCH);
}

TEST(FilterSupport, RunningKernel) {
  EXPECT_TRUE(check_filter_support(running_kernel(), {}).ok());
  EXPECT_TRUE(check_filter_support(running_kernel(), {.new_listener = true}).ok());
}

TEST(FilterSupport, EachRefusalHasASentence) {
  for (const int error : {EINVAL, EACCES, EPERM, ENOMEM, ENOSYS, EBUSY, EMFILE}) {
    FakeKernel kernel;
    kernel.fail(1, -error);
    const Status status = check_filter_support(kernel, {});
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kKernel);
    EXPECT_EQ(status.error().saved_errno, error);
    EXPECT_GT(status.error().message.size(), 60u) << status.error().message;
  }
}

VerifiedProgram small_program() {
  Policy policy(native_architecture());
  for (const Syscall& call : syscalls(native_architecture())) {
    policy.grant(call.number, {Expression::always(), {}});
  }
  const Actions actions = actions_for(Mode::kEnforce);
  return *verify(*compile(policy, actions), policy, actions);
}

// In a child. Filters of all sizes until not even the smallest fits.
void exhaust_filters() {
  running_kernel().set_no_new_privs();
  for (size_t length = BPF_MAXINSNS; length > 0; length /= 2) {
    Program filter(length - 1, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0));
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    struct sock_fprog program = {static_cast<unsigned short>(length), filter.data()};
    while (running_kernel().seccomp(SECCOMP_SET_MODE_FILTER, 0, &program) == 0) {
    }
  }
}

TEST(FilterSupport, AFullStackIsSaidWithNumbers) {
  const VerifiedProgram program = small_program();
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    exhaust_filters();
    const auto installed = install_filter(running_kernel(), program, {});
    const std::string message = installed.ok() ? "installed" : installed.error().message;
    _exit(write(ends[1], message.data(), message.size()) > 0 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  char message[1024] = {};
  ASSERT_GT(read(ends[0], message, sizeof(message) - 1), 0);
  EXPECT_THAT(message, HasSubstr("exceed 32768 instructions, of which this one takes " +
                                 std::to_string(converted_length(program.program()))));
  EXPECT_THAT(message, HasSubstr(" in force"));
  close(ends[0]);
  close(ends[1]);
}

TEST(ThreadState, OfThisProcess) {
  std::atomic<pid_t> tid = 0;
  std::atomic<bool> go = false;
  std::thread thread([&] {
    prctl(PR_SET_NAME, "a: name");
    sigset_t sigsys;
    sigemptyset(&sigsys);
    sigaddset(&sigsys, SIGSYS);
    pthread_sigmask(SIG_BLOCK, &sigsys, nullptr);
    tid = gettid();
    while (!go) sched_yield();
  });
  while (tid == 0) sched_yield();
  const auto threads = threads_of(getpid());
  go = true;
  thread.join();
  ASSERT_TRUE(threads.ok());
  const auto found = std::ranges::find(*threads, tid.load(), &ThreadState::tid);
  ASSERT_NE(found, threads->end());
  EXPECT_EQ(found->name, "a: name");
  EXPECT_TRUE(found->blocks_sigsys);
  EXPECT_EQ(found->seccomp_mode, threads->front().seccomp_mode);
  EXPECT_FALSE(std::ranges::find(*threads, getpid(), &ThreadState::tid)->blocks_sigsys);
}

TEST(ThreadState, OfAProcessThatIsNotThere) {
  const auto threads = threads_of(0x3fffff);
  ASSERT_FALSE(threads.ok());
  EXPECT_EQ(threads.error().code, ErrorCode::kKernel);
  EXPECT_EQ(threads.error().saved_errno, ENOENT);
}

}  // namespace
}  // namespace qsbx
