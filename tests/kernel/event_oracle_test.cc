// SPDX-License-Identifier: LGPL-2.1-or-later
//
// An oracle that nobody here wrote: the kernel's engine for event filters. Of random calls under
// random conditions, it, the reference evaluator and a loaded program must find the same.
#include <errno.h>
#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "kernel/event.h"
#include "kernel/filter.h"
#include "kernel/tracefs.h"
#include "src/compile/compile.h"
#include "src/compile/event_filter.h"
#include "src/policy/algebra.h"
#include "tests/support/random_policy.h"

namespace qsbx {
namespace {

constexpr int kConditions = 250;
constexpr size_t kCallsOfEach = 60;

// Calls that fail whatever their arguments are, when those at these places are what is said here:
// descriptors that are not open, addresses that are not aligned, numbers that mean nothing. The
// error would be another than kRefused.
struct HarmlessCall {
  const char* name;
  std::map<size_t, uint64_t> bits_always_set;
};

// An open descriptor above this is not possible: fs.nr_open is at most 2^31.
constexpr uint64_t kNoDescriptor = 0x40000000;

const HarmlessCall kCalls[] = {
    {"close", {{0, kNoDescriptor}}},
    {"dup", {{0, kNoDescriptor}}},
    {"lseek", {{0, kNoDescriptor}}},
    {"fcntl", {{0, kNoDescriptor}}},
    {"ioctl", {{0, kNoDescriptor}}},
    {"fsync", {{0, kNoDescriptor}}},
    {"ftruncate", {{0, kNoDescriptor}}},
    {"fallocate", {{0, kNoDescriptor}}},
    {"flock", {{0, kNoDescriptor}}},
    {"fchmod", {{0, kNoDescriptor}}},
    {"listen", {{0, kNoDescriptor}}},
    {"shutdown", {{0, kNoDescriptor}}},
    {"getsockopt", {{0, kNoDescriptor}}},
    {"madvise", {{0, 1}}},
    {"msync", {{0, 1}}},
    {"munmap", {{0, 1}}},
    {"mprotect", {{0, 1}}},
    {"prctl", {{0, 0x40000000}}},
    {"socket", {{0, 0x40000000}}},
    {"eventfd2", {{1, 0x40000000}}},
    {"epoll_create1", {{0, 0x40000000}}},
};

// No harmless call fails with it.
constexpr int kRefused = EHWPOISON;

using testing::Random;

Arguments harmless(Arguments arguments, const HarmlessCall& call) {
  for (const auto& [place, bits] : call.bits_always_set) arguments[place] |= bits;
  return arguments;
}

void make_call(const Syscall& call, const Arguments& a) {
  syscall(call.number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

struct Workload {
  const Syscall* call;
  Expression condition = Expression::never();
  std::vector<Arguments> calls;

  size_t matches() const {
    return static_cast<size_t>(std::ranges::count_if(
        calls, [&](const Arguments& arguments) { return holds(condition, arguments); }));
  }
};

Policy policy_of(const Workload& workload) {
  Policy policy(native_architecture());
  policy.grant(workload.call->number, {workload.condition, {"p", "p", 1}});
  return policy;
}

Workload random_workload(Random& random, const HarmlessCall& harmless_call) {
  Workload workload;
  workload.call = find_syscall(native_architecture(), std::string_view(harmless_call.name));
  workload.condition = testing::random_expression(random, *workload.call, 3);
  const Policy policy = policy_of(workload);
  while (workload.calls.size() < kCallsOfEach) {
    const Call call = testing::as_call(testing::random_call(random, policy));
    Arguments arguments = call.arguments;
    // Few random values satisfy a masked comparison; the rest is as likely.
    workload.calls.push_back(harmless(arguments, harmless_call));
  }
  return workload;
}

std::vector<CallCounter> counters_of(const Workload& workload, const Tracefs& tracefs,
                                     std::string& problem) {
  std::vector<CallCounter> counters;
  const auto event = tracefs.event_of(*workload.call);
  if (!event) return problem = event.error().message, std::move(counters);
  const auto filters = event_filters(workload.condition, argument_fields(*event));
  if (!filters) return problem = filters.error().message, std::move(counters);
  for (const std::string& filter : *filters) {
    auto counter =
        CallCounter::open(running_kernel(), event->id, filter, getpid(), EventStart::kNow);
    if (!counter) return problem = counter.error().message, std::move(counters);
    counters.push_back(std::move(*counter));
  }
  return counters;
}

// How many of the calls each string of the condition counts, together.
uint64_t counted_by_events(const Workload& workload, const Tracefs& tracefs, std::string& problem) {
  const std::vector<CallCounter> counters = counters_of(workload, tracefs, problem);
  if (!problem.empty()) return 0;
  for (const Arguments& arguments : workload.calls) make_call(*workload.call, arguments);
  uint64_t sum = 0;
  for (const CallCounter& counter : counters) sum += counter.read().ok() ? *counter.read() : 0;
  return sum;
}

// Grants everything but this call, which fails with kRefused where the condition is not true.
VerifiedProgram program_of(const Workload& workload) {
  Policy policy(native_architecture());
  for (const Syscall& call : syscalls(native_architecture())) {
    if (call.number != workload.call->number) policy.grant(call.number, {Expression::always(), {}});
  }
  policy.grant(workload.call->number, {workload.condition, {"p", "p", 1}});
  (void)policy.refuse(workload.call->number, {kRefused, {"p", "p", 2}});
  const Actions actions = actions_for(Mode::kErrno);
  return *verify(*compile(policy, actions), policy, actions);
}

// In a child, since a filter stays.
size_t let_through_by_filter(const Workload& workload) {
  const VerifiedProgram program = program_of(workload);
  auto* passed = static_cast<size_t*>(
      mmap(nullptr, sizeof(size_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  const pid_t child = fork();
  if (child == 0) {
    if (!install_filter(running_kernel(), program, {}).ok()) _exit(1);
    for (const Arguments& arguments : workload.calls) {
      errno = 0;
      make_call(*workload.call, arguments);
      *passed += errno != kRefused;
    }
    _exit(0);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  const size_t result = *passed;
  munmap(passed, sizeof(size_t));
  return result;
}

bool cannot_be_said(const std::string& problem) {
  return problem.find("cannot say") != std::string::npos;
}

class EventOracle : public ::testing::Test {
 protected:
  void SetUp() override {
    auto found = Tracefs::find();
    if (!found) GTEST_SKIP() << found.error().message;
    tracefs_ = *found;
    const Syscall* close = find_syscall(native_architecture(), std::string_view("close"));
    auto counter = CallCounter::open(running_kernel(), tracefs_.event_of(*close)->id, "", getpid(),
                                     EventStart::kNow);
    if (!counter) GTEST_SKIP() << counter.error().message;
  }

  Tracefs tracefs_{""};
};

TEST_F(EventOracle, KernelFiltersEvaluatorAndProgramAgree) {
  Random random(testing::test_seed());
  size_t unsaid = 0, matched = 0, calls = 0;
  for (int i = 0; i < kConditions; ++i) {
    const HarmlessCall& harmless_call = kCalls[random() % std::size(kCalls)];
    const Workload workload = random_workload(random, harmless_call);
    const std::string text = std::string(workload.call->name) + ": " +
                             workload.condition.to_string(*workload.call, native_architecture());
    const size_t wanted = workload.matches();
    EXPECT_EQ(let_through_by_filter(workload), wanted) << text;
    std::string problem;
    const uint64_t counted = counted_by_events(workload, tracefs_, problem);
    if (cannot_be_said(problem)) {
      ++unsaid;
      continue;
    }
    ASSERT_EQ(problem, "") << text;
    EXPECT_EQ(counted, wanted) << text;
    matched += wanted;
    calls += workload.calls.size();
  }
  std::printf(
      "%zu calls, %zu of them matched; %zu of %d conditions that filter strings cannot say\n",
      calls, matched, unsaid, kConditions);
  // Neither side of any condition is tested by a workload that never matches, or always.
  EXPECT_GT(matched, calls / 20);
  EXPECT_LT(matched, calls - calls / 20);
  EXPECT_LT(unsaid, static_cast<size_t>(kConditions) / 4);
}

}  // namespace
}  // namespace qsbx
