// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/bitmask.h"

#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "kernel/fake_kernel.h"
#include "src/bpf/interpreter.h"
#include "src/bpf/kernel_bitmap.h"
#include "src/compile/compile.h"
#include "src/policy/by_number.h"
#include "src/syscalls/syscall_table.h"
#include "tests/kernel/bpf_run_counter.h"
#include "tests/support/random_policy.h"

namespace qsbx {
namespace {

using testing::BpfRunCounter;
using ::testing::HasSubstr;
using testing::Random;

constexpr Architecture kArchitectures[] = {Architecture::kX86_64, Architecture::kAarch64};
constexpr Mode kModes[] = {Mode::kEnforce, Mode::kErrno, Mode::kAudit};
constexpr int kMeasuredCalls = 10'000;

VerifiedProgram proven(const Policy& policy, Mode mode = Mode::kEnforce) {
  const Actions actions = actions_for(mode);
  return *verify(*compile(policy, actions), policy, actions);
}

int number_of(const char* name) { return find_syscall(native_architecture(), name)->number; }

// Everything but what is named.
Policy all_but(const std::vector<std::string_view>& denied) {
  Policy policy(native_architecture());
  for (const Syscall& call : syscalls(native_architecture())) {
    if (std::ranges::find(denied, name_in_table(call)) != denied.end()) continue;
    policy.grant(call.number, {Expression::always(), {}});
  }
  return policy;
}

// close(fd) for one descriptor, and everything else.
Policy looks_at_close() {
  Policy policy = all_but({"close"});
  policy.grant(number_of("close"),
               {Expression::compare({0, 32, false, UINT64_MAX}, Comparator::kEqual, 1000),
                {"p", "p.profile", 7}});
  return policy;
}

std::string text_of(const Status& status) { return status.ok() ? "" : status.error().message; }

// What the kernel's own emulator makes of every number, and what a run would say.
void expect_all_allowed_are_cached(const Program& program, Architecture architecture,
                                   Random& random) {
  struct seccomp_data call = {};
  call.arch = audit_architecture(architecture);
  for (call.nr = 0; call.nr < 600; ++call.nr) {
    for (auto& argument : call.args) argument = random();
    const bool allowed = run(program, call).action == SECCOMP_RET_ALLOW;
    ASSERT_EQ(allowed, kernel_caches(program, call.arch, call.nr)) << call.nr;
  }
}

TEST(Bitmask, EveryAllowedCallOfAPolicyByNumbersIsCached) {
  Random random(testing::test_seed());
  for (int round = 0; round < 120 && !::testing::Test::HasFailure(); ++round) {
    const Architecture architecture = kArchitectures[round % 2];
    const Policy drawn = testing::random_policy(random, architecture, 40);
    for (const PartialCalls partial : {PartialCalls::kRelax, PartialCalls::kTighten}) {
      const Policy policy = by_number(drawn, partial)->policy;
      if (policy.empty()) continue;
      const Program program = proven(policy, kModes[round % 3]).program();
      EXPECT_EQ(text_of(check_bitmask(program, architecture)), "");
      expect_all_allowed_are_cached(program, architecture, random);
    }
  }
}

TEST(Bitmask, CountsTheGrantedCalls) {
  Policy policy = all_but({"close", "openat"});
  const int granted = static_cast<int>(policy.calls().size());
  EXPECT_EQ(count_cached_calls(proven(policy).program(), policy), granted);
  // In mode audit the kernel lets this run, too, but nobody has granted it.
  ASSERT_TRUE(policy.refuse(number_of("close"), {9, {}}).ok());
  EXPECT_EQ(count_cached_calls(proven(policy, Mode::kAudit).program(), policy), granted);
  const Policy looking = looks_at_close();
  EXPECT_EQ(count_cached_calls(proven(looking).program(), looking),
            static_cast<int>(looking.calls().size()) - 1);
}

TEST(Bitmask, AProgramThatLooksAtArgumentsIsRefusedWithACallThatItDoesThatFor) {
  Random random(testing::test_seed());
  int refused = 0;
  for (int round = 0; round < 60 && !::testing::Test::HasFailure(); ++round) {
    const Policy policy = testing::random_policy(random, native_architecture(), 3);
    const auto numbers = by_number(policy, PartialCalls::kTighten);
    if (policy.empty() || numbers->changed.empty()) continue;
    const std::string text =
        text_of(check_bitmask(proven(policy).program(), native_architecture()));
    const bool named = std::ranges::any_of(policy.calls(), [&](const auto& entry) {
      return !entry.second.is_unconditional() &&
             text.find("for " + call_name(entry.first, native_architecture()) +
                       " the kernel would run it") != std::string::npos;
    });
    EXPECT_TRUE(named) << text;
    ++refused;
  }
  EXPECT_GT(refused, 10);
}

TEST(Bitmask, AnObstacleThatNoCallOfTheTableReachesIsOneToo) {
  const Program program = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kNumberOffset),
                           BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 4000, 0, 1),
                           BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kArgumentsOffset),
                           BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  EXPECT_THAT(text_of(check_bitmask(program, native_architecture())),
              HasSubstr("calls that have no name the kernel would run it (instruction 2)"));
}

TEST(Bitmask, ARefusedProgramReachesNoKernel) {
  FakeKernel kernel;
  const auto installed = install_bitmask(kernel, proven(looks_at_close()), {});
  ASSERT_FALSE(installed.ok());
  EXPECT_EQ(installed.error().code, ErrorCode::kProgram);
  EXPECT_THAT(installed.error().message, HasSubstr("for close the kernel would run it"));
  EXPECT_TRUE(kernel.calls().empty());
}

TEST(Bitmask, EachFailingCallLeavesNothingInForce) {
  const VerifiedProgram program = proven(all_but({"close"}));
  FakeKernel whole;
  ASSERT_TRUE(install_bitmask(whole, program, {}).ok());
  ASSERT_EQ(whole.installed(), 1);
  const int calls = static_cast<int>(whole.calls().size());
  EXPECT_GE(calls, 2);
  for (int nth = 1; nth <= calls; ++nth) {
    FakeKernel kernel;
    kernel.fail(nth, -EINVAL);
    const auto installed = install_bitmask(kernel, program, {});
    ASSERT_FALSE(installed.ok()) << nth;
    EXPECT_EQ(installed.error().code, ErrorCode::kKernel);
    EXPECT_THAT(installed.error().message, ::testing::AnyOf(HasSubstr("the kernel refused"),
                                                            HasSubstr("the kernel does not say")));
    EXPECT_EQ(kernel.installed(), 0);
  }
}

// In a child, whose status it gives.
template <typename Body>
int status_of(const Body& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return status;
}

bool exited_with(int status, int code) { return WIFEXITED(status) && WEXITSTATUS(status) == code; }

TEST(BitmaskLive, AllowsAndDeniesByNumber) {
  const VerifiedProgram program = proven(all_but({"getppid"}));
  const int allowed = status_of([&] {
    const pid_t self = getpid();
    if (!install_bitmask(running_kernel(), program, {})) return 1;
    return syscall(SYS_getpid) == self ? 0 : 2;
  });
  EXPECT_TRUE(exited_with(allowed, 0)) << allowed;
  const int denied = status_of([&] {
    if (!install_bitmask(running_kernel(), program, {})) return 1;
    return static_cast<int>(syscall(SYS_getppid)) & 1;
  });
  EXPECT_TRUE(WIFSIGNALED(denied) && WTERMSIG(denied) == SIGSYS) << denied;
}

// Under the program in a child: how often it ran for kMeasuredCalls allowed calls, sent up a pipe.
void measure(const VerifiedProgram& program, bool as_bitmask, int pipe_end) {
  const BpfRunCounter counter;
  if (!counter.works()) _exit(2);
  const auto installed = as_bitmask ? install_bitmask(running_kernel(), program, {})
                                    : install_filter(running_kernel(), program, {});
  if (!installed) _exit(3);
  const auto before = counter.runs();
  for (int i = 0; i < kMeasuredCalls; ++i) syscall(SYS_close, 1000);
  const auto after = counter.runs();
  if (!before || !after) _exit(4);
  const uint32_t runs = *after - *before;
  _exit(write(pipe_end, &runs, sizeof(runs)) == sizeof(runs) ? 0 : 5);
}

uint32_t measured_runs(const VerifiedProgram& program, bool as_bitmask) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) measure(program, as_bitmask, ends[1]);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(exited_with(status, 0)) << status;
  uint32_t runs = UINT32_MAX;
  EXPECT_EQ(read(ends[0], &runs, sizeof(runs)), static_cast<ssize_t>(sizeof(runs)));
  close(ends[0]);
  close(ends[1]);
  return runs;
}

// The counter is in the kernel. That it counts is seen by a program that looks at an argument.
TEST(BitmaskLive, TheKernelRunsNoBpfForAnAllowedCall) {
  const int possible = status_of([] { return BpfRunCounter().works() ? 0 : 1; });
  if (!exited_with(possible, 0)) GTEST_SKIP() << "no run counter: " << BpfRunCounter().reason();
  EXPECT_EQ(measured_runs(proven(all_but({"getppid"})), true), 0u);
  // And once for the question itself, whose call is in the bitmap: no run.
  EXPECT_EQ(measured_runs(proven(looks_at_close()), false), static_cast<uint32_t>(kMeasuredCalls));
}

}  // namespace
}  // namespace qsbx
