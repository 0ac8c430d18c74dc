// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "kernel/fake_kernel.h"
#include "kernel/filter.h"
#include "kernel/probe.h"
#include "kernel/thread_state.h"

namespace qsbx {
namespace {

using testing::HasSubstr;

Capability find(const std::vector<Capability>& capabilities, const std::string& name) {
  const auto found = std::ranges::find(capabilities, name, &Capability::name);
  return found == capabilities.end() ? Capability{"none", false, false, ""} : *found;
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
  EXPECT_THAT(missing.detail, HasSubstr("Invalid argument"));
  EXPECT_EQ(kernel.installed(), 0);
}

TEST(Probe, WithoutSeccompNothingIsPresent) {
  FakeKernel kernel;
  kernel.fail(1, -ENOSYS);
  const Capability filter = find(probe(kernel), "filter");
  EXPECT_FALSE(filter.present);
  EXPECT_TRUE(filter.required);
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
