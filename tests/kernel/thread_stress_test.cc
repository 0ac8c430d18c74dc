// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A filter for all threads holds for all of them, whatever they do while it is installed: thousands
// that are there, such as come and go, and such as signals interrupt.
#include <errno.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "kernel/filter.h"
#include "tests/kernel/live_child.h"
#include "tests/support/scaled.h"

namespace qsbx {
namespace {

using testing::all_but;
using testing::in_child;
using testing::is_refused;

constexpr int kRefusedCall = SYS_getppid;

// Calls that were made after install_filter() had returned, by whoever made them.
struct Calls {
  std::atomic<bool> installed = false;
  std::atomic<int> refused = 0;
  std::atomic<int> escaped = 0;

  // Only what began after the install counts. Safe in a signal handler.
  void make() {
    if (!installed) return;
    const int saved_errno = errno;
    ++(is_refused(kRefusedCall) ? refused : escaped);
    errno = saved_errno;
  }

  std::string verdict(int at_least) const {
    if (escaped != 0) return std::to_string(escaped) + " calls were not refused";
    if (refused < at_least) return "only " + std::to_string(refused) + " calls were made";
    return "";
  }
};

class Stress : public ::testing::TestWithParam<bool> {
 protected:
  std::string install(const VerifiedProgram& program, Calls& calls) const {
    const auto installed = install_filter(running_kernel(), program, {.new_listener = GetParam()});
    if (!installed) return installed.error().message;
    calls.installed = true;
    return "";
  }
};

// Small stacks, so that thousands fit.
class SmallThread {
 public:
  SmallThread(void* (*body)(void*), void* argument) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 * 1024);
    error_ = pthread_create(&thread_, &attributes, body, argument);
    pthread_attr_destroy(&attributes);
  }
  int error() const { return error_; }
  void join() const { pthread_join(thread_, nullptr); }

 private:
  pthread_t thread_ = {};
  int error_ = 0;
};

void* wait_and_call(void* argument) {
  Calls& calls = *static_cast<Calls*>(argument);
  calls.installed.wait(false);
  calls.make();
  return nullptr;
}

TEST_P(Stress, FourThousandThreads) {
  const int count = testing::scaled(4000, 100);
  const VerifiedProgram program = all_but({kRefusedCall});
  EXPECT_EQ(in_child([&]() -> std::string {
              Calls calls;
              std::vector<SmallThread> threads;
              for (int i = 0; i < count; ++i) {
                threads.emplace_back(wait_and_call, &calls);
                if (threads.back().error() != 0) {
                  return "thread " + std::to_string(i) + ": " + strerror(threads.back().error());
                }
              }
              const std::string failure = install(program, calls);
              if (!failure.empty()) return failure;
              calls.installed.notify_all();
              for (const SmallThread& thread : threads) thread.join();
              return calls.verdict(count);
            }),
            "");
}

// Threads that start threads, until `enough` of those have made their call.
TEST_P(Stress, WhileThreadsAreCreatedAndEnd) {
  constexpr int kStarters = 4;
  const int enough = testing::scaled(2000, 50);
  const VerifiedProgram program = all_but({kRefusedCall});
  EXPECT_EQ(in_child([&]() -> std::string {
              Calls calls;
              std::atomic<int> started = 0;
              std::atomic<bool> stop = false;
              std::vector<std::thread> starters;
              for (int i = 0; i < kStarters; ++i) {
                starters.emplace_back([&] {
                  while (!stop && calls.escaped == 0 && calls.refused < enough) {
                    std::thread([&] { calls.make(); }).join();
                    calls.make();
                    ++started;
                  }
                });
              }
              while (started < enough / 10) sched_yield();
              const std::string failure = install(program, calls);
              stop = !failure.empty();
              for (std::thread& starter : starters) starter.join();
              return failure.empty() ? calls.verdict(enough) : failure;
            }),
            "");
}

Calls* of_handler = nullptr;
std::atomic<int> signals = 0;

void on_signal(int) {
  ++signals;
  of_handler->make();
}

// Each thread is interrupted over and over, and makes calls from the handler and from below it.
TEST_P(Stress, UnderAStormOfSignals) {
  constexpr int kThreads = 8;
  const int enough = testing::scaled(100'000, 2000);
  const int before = testing::scaled(2000, 100);
  const VerifiedProgram program = all_but({kRefusedCall});
  EXPECT_EQ(in_child([&]() -> std::string {
              Calls calls;
              of_handler = &calls;
              signal(SIGUSR1, on_signal);
              std::atomic<bool> stop = false;
              std::vector<std::thread> threads;
              for (int i = 0; i < kThreads; ++i) {
                threads.emplace_back([&] {
                  while (!stop) calls.make();
                });
              }
              std::thread sender([&] {
                while (!stop) {
                  for (std::thread& thread : threads) pthread_kill(thread.native_handle(), SIGUSR1);
                }
              });
              while (signals < before) sched_yield();
              const std::string failure = install(program, calls);
              while (failure.empty() && calls.escaped == 0 &&
                     (calls.refused < enough || signals < 2 * before)) {
                sched_yield();
              }
              stop = true;
              sender.join();
              for (std::thread& thread : threads) thread.join();
              return failure.empty() ? calls.verdict(enough) : failure;
            }),
            "");
}

INSTANTIATE_TEST_SUITE_P(Threads, Stress, ::testing::Bool(), [](const auto& info) {
  return std::string(info.param ? "WithAListener" : "Filter");
});

}  // namespace
}  // namespace qsbx
