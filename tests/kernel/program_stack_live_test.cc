// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the running kernel makes of several filters at once, and what can be read back of them, held
// against src/policy/program_stack.h. The calls that are made have numbers that no system call has:
// where they may run, they fail with ENOSYS and do nothing.
#include <errno.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <new>
#include <string>

#include "kernel/filter.h"
#include "kernel/filter_dump.h"
#include "kernel/thread_state.h"
#include "src/compile/compile.h"
#include "src/policy/algebra.h"
#include "src/policy/program_stack.h"
#include "src/syscalls/syscall_table.h"
#include "src/verify/symbolic_execution.h"
#include "tests/kernel/live_child.h"
#include "tests/support/random_policy.h"
#include "tests/support/scaled.h"

namespace qsbx {
namespace {

using testing::in_child;
using testing::Random;

constexpr int kFirstNumber = 400;
constexpr int kNumbers = 20;
constexpr uint64_t kValues = 6;  // arguments are below

// Every system call is granted, so that the child can live, and some of the numbers that none has.
struct Layer {
  Policy policy{native_architecture()};
  Actions actions;

  VerifiedProgram program() const { return *verify(*compile(policy, actions), policy, actions); }
};

Layer layer_that_denies_with(uint32_t action) {
  Layer layer;
  layer.actions = {action, false, SECCOMP_RET_KILL_PROCESS};
  for (const Syscall& call : syscalls(native_architecture())) {
    layer.policy.grant(call.number, {Expression::always(), {}});
  }
  return layer;
}

Layer random_layer(Random& random) {
  const uint32_t data = static_cast<uint32_t>(random() % 30 + 1);
  const uint32_t actions[] = {SECCOMP_RET_ERRNO | data, SECCOMP_RET_TRAP | data, SECCOMP_RET_LOG,
                              SECCOMP_RET_USER_NOTIF, SECCOMP_RET_TRACE};
  Layer layer = layer_that_denies_with(actions[random() % std::size(actions)]);
  for (int i = 0; i < kNumbers; ++i) {
    if (random() % 4 == 0) continue;
    const Operand operand = {static_cast<int>(random() % 2), 64, false, ~uint64_t{0}};
    const auto comparator = static_cast<Comparator>(random() % 6);
    layer.policy.grant(kFirstNumber + i,
                       {Expression::compare(operand, comparator, random() % kValues), {}});
  }
  return layer;
}

ProgramStack stack_of(const std::vector<Layer>& layers) {
  ProgramStack stack(native_architecture());
  for (const Layer& layer : layers) {
    stack.add(diagram_of(stack.diagrams(), layer.policy, layer.actions));
  }
  return stack;
}

volatile sig_atomic_t trapped_with = 0;

void note_trap(int, siginfo_t* info, void*) { trapped_with = info->si_errno; }

void catch_traps() {
  struct sigaction action = {};
  action.sa_sigaction = note_trap;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSYS, &action, nullptr);
}

// What a call comes to, as an action; ALLOW stands for all that end with ENOSYS: nobody traces and
// nobody listens here.
uint32_t answer_of_kernel(int number, uint64_t first, uint64_t second) {
  trapped_with = -1;
  errno = 0;
  const long result = syscall(number, first, second, 0, 0, 0, 0);
  if (trapped_with >= 0) return SECCOMP_RET_TRAP | static_cast<uint32_t>(trapped_with);
  if (result == -1 && errno == ENOSYS) return SECCOMP_RET_ALLOW;
  return SECCOMP_RET_ERRNO | static_cast<uint32_t>(errno);
}

uint32_t as_it_shows(uint32_t action) {
  switch (action & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_LOG:
    case SECCOMP_RET_TRACE:
    case SECCOMP_RET_USER_NOTIF:
      return SECCOMP_RET_ALLOW;
    default:
      return action;
  }
}

bool install_all(const std::vector<VerifiedProgram>& programs) {
  for (const VerifiedProgram& program : programs) {
    if (!install_filter(running_kernel(), program, {}).ok()) return false;
  }
  return true;
}

std::vector<VerifiedProgram> programs_of(const std::vector<Layer>& layers) {
  std::vector<VerifiedProgram> programs;
  for (const Layer& layer : layers) programs.push_back(layer.program());
  return programs;
}

// In a child that comes under the filters: the first call that differs from what was foretold.
std::string first_difference(const std::vector<Layer>& layers) {
  const std::vector<VerifiedProgram> programs = programs_of(layers);
  ProgramStack stack = stack_of(layers);
  if (!stack.check_size().ok()) return "too large";
  catch_traps();
  if (!install_all(programs)) return "not installed";
  for (int number = kFirstNumber; number < kFirstNumber + kNumbers; ++number) {
    for (uint64_t i = 0; i < kValues * kValues; ++i) {
      const Call call = {audit_architecture(native_architecture()),
                         number,
                         {i / kValues, i % kValues, 0, 0, 0, 0}};
      const uint32_t foretold =
          as_it_shows(stack.diagrams().evaluate(stack.effective(), to_seccomp_data(call)));
      const uint32_t seen = answer_of_kernel(number, i / kValues, i % kValues);
      if (seen == foretold) continue;
      return std::to_string(number) + "(" + std::to_string(i / kValues) + ", " +
             std::to_string(i % kValues) + "): " + action_name(seen) + ", not " +
             action_name(foretold);
    }
  }
  return "";
}

TEST(ProgramStackLive, TheKernelAnswersAsForetold) {
  Random random(testing::test_seed());
  for (int round = 0; round < 12; ++round) {
    std::vector<Layer> layers;
    for (int i = 0; i < 1 + round % 4; ++i) layers.push_back(random_layer(random));
    EXPECT_EQ(in_child([&] { return first_difference(layers); }), "") << "round " << round;
  }
}

// A second thread makes the call. Where only that one is killed, the process goes on and says so.
std::string after_a_deadly_call(const std::vector<Layer>& layers) {
  if (!install_all(programs_of(layers))) return "not installed";
  pthread_t thread;
  const auto call = [](void*) -> void* {
    syscall(kFirstNumber);
    _exit(2);
  };
  if (pthread_create(&thread, nullptr, call, nullptr) != 0) return "no thread";
  for (auto threads = threads_of(getpid()); threads.ok() && threads->size() > 1;
       threads = threads_of(getpid())) {
    usleep(1000);
  }
  return "lives";
}

TEST(ProgramStackLive, WhatKillsTheProcessComesFirst) {
  const Layer process = layer_that_denies_with(SECCOMP_RET_KILL_PROCESS);
  const Layer one_thread = layer_that_denies_with(SECCOMP_RET_KILL_THREAD);
  const Layer trap = layer_that_denies_with(SECCOMP_RET_TRAP);
  const auto end = [](const std::vector<Layer>& layers) {
    return in_child([&] { return after_a_deadly_call(layers); });
  };
  const std::string killed = std::string("killed by ") + strsignal(SIGSYS);
  EXPECT_TRUE(end({process, one_thread}).starts_with(killed));
  EXPECT_TRUE(end({one_thread, process}).starts_with(killed));
  EXPECT_EQ(end({one_thread, trap}), "lives");
  EXPECT_EQ(end({trap, one_thread}), "lives");
}

// A child under the filters that waits until it is killed.
class FilteredChild {
 public:
  explicit FilteredChild(const std::vector<VerifiedProgram>& programs) {
    int ends[2];
    if (pipe(ends) != 0) return;
    pid_ = fork();
    if (pid_ == 0) {
      const char ready = install_all(programs) ? 'y' : 'n';
      const bool told = write(ends[1], &ready, 1) == 1;
      while (told) pause();
      _exit(1);
    }
    close(ends[1]);
    char ready = 0;
    is_ready_ = read(ends[0], &ready, 1) == 1 && ready == 'y';
    close(ends[0]);
  }
  ~FilteredChild() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  FilteredChild(const FilteredChild&) = delete;
  FilteredChild& operator=(const FilteredChild&) = delete;

  pid_t pid() const { return pid_; }
  bool is_ready() const { return is_ready_; }

 private:
  pid_t pid_ = -1;
  bool is_ready_ = false;
};

bool same(const Program& a, const Program& b) {
  return a.size() == b.size() &&
         std::memcmp(a.data(), b.data(), a.size() * sizeof(Instruction)) == 0;
}

volatile sig_atomic_t signals_got = 0;

// Sends itself one after the other: each has come when the call is back.
bool gets_every_signal(const std::atomic<bool>& over) {
  signal(SIGUSR1, [](int) { signals_got = signals_got + 1; });
  for (int sent = 1; !over; ++sent) {
    raise(SIGUSR1);
    if (signals_got != sent) return false;
  }
  return true;
}

// From policy to kernel and back: what is read of the process means what the policies mean.
TEST(ProgramStackLive, IsReadBackFromAProcess) {
  Random random(testing::test_seed());
  const std::vector<Layer> layers = {random_layer(random), random_layer(random)};
  const std::vector<VerifiedProgram> programs = programs_of(layers);
  const FilteredChild child(programs);
  ASSERT_TRUE(child.is_ready());
  const auto filters = filters_of_thread(child.pid());
  if (!filters.ok()) GTEST_SKIP() << filters.error().message;
  ASSERT_EQ(filters->size(), 2u);
  EXPECT_TRUE(same((*filters)[0], programs[0].program()));
  EXPECT_TRUE(same((*filters)[1], programs[1].program()));

  ProgramStack stack(native_architecture());
  for (size_t i = 0; i < layers.size(); ++i) {
    const auto read = diagram_of(stack.diagrams(), (*filters)[i]);
    ASSERT_TRUE(read.ok()) << read.error().message;
    stack.add(*read);
  }
  const Actions audit = actions_for(Mode::kAudit);
  for (size_t i = 0; i < layers.size(); ++i) {
    const auto& [policy, actions] = layers[i];
    EXPECT_EQ(stack.program(i), diagram_of(stack.diagrams(), policy, actions));
    EXPECT_NE(stack.program(i), diagram_of(stack.diagrams(), policy, audit));
  }
}

// The parent of a child by vfork() sleeps uninterruptibly while that has not ended.
TEST(ProgramStackLive, AThreadThatDoesNotStopIsLeftAlone) {
  int ends[2];
  int until[2];
  ASSERT_EQ(pipe(ends) + pipe(until), 0);
  const pid_t sleeper = fork();
  ASSERT_GE(sleeper, 0);
  if (sleeper == 0) {
    close(ends[0]);
    close(until[1]);
    const pid_t child = vfork();
    if (child == 0) {
      char none = 'x';
      // Who made it does not run any more.
      if (write(ends[1], &none, 1) != 1) _exit(1);
      _exit(static_cast<int>(read(until[0], &none, 1)));
    }
    int status = 0;
    _exit(waitpid(child, &status, 0) == child ? 7 : 1);
  }
  close(ends[1]);
  close(until[0]);
  char none = 0;
  ASSERT_EQ(read(ends[0], &none, 1), 1);
  const auto filters = filters_of_thread(sleeper);
  close(until[1]);
  ASSERT_FALSE(filters.ok());
  if (filters.error().saved_errno == EPERM) GTEST_SKIP() << filters.error().message;
  EXPECT_NE(filters.error().message.find("does not stop"), std::string::npos)
      << filters.error().message;
  // Before it has ended, waitpid() here would take its stop away from who is waiting for that.
  ASSERT_EQ(read(ends[0], &none, 1), 0);
  close(ends[0]);
  int status = 0;
  ASSERT_EQ(waitpid(sleeper, &status, 0), sleeper);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7) << status;
}

// A signal that comes while the thread is being stopped is not lost with the end of its stop.
TEST(ProgramStackLive, AThreadGetsItsSignalsWhileItsFiltersAreRead) {
  void* shared = mmap(nullptr, sizeof(std::atomic<bool>), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  auto* over = new (shared) std::atomic<bool>(false);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) _exit(gets_every_signal(*over) ? 7 : 1);
  const int enough = testing::scaled(2000, 100);
  int times_read = 0;
  while (times_read < enough && filters_of_thread(child).ok()) ++times_read;
  *over = true;
  int status = 0;
  waitpid(child, &status, 0);
  munmap(shared, sizeof *over);
  if (times_read == 0) GTEST_SKIP() << "the filters of another process cannot be read here";
  EXPECT_EQ(times_read, enough);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7) << "a signal was lost: " << status;
}

TEST(ProgramStackLive, AThreadThatIsNotThereHasNoFiltersToRead) {
  const auto filters = filters_of_thread(0x3fffff);
  ASSERT_FALSE(filters.ok());
  EXPECT_EQ(filters.error().saved_errno, ESRCH);
  EXPECT_NE(filters.error().message.find("4194303"), std::string::npos);
}

}  // namespace
}  // namespace qsbx
