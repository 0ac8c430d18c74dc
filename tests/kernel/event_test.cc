// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/event.h"

#include <dirent.h>
#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <thread>

#include "kernel/call_recorder.h"
#include "kernel/fake_kernel.h"
#include "kernel/tracefs.h"

namespace qsbx {
namespace {

using testing::HasSubstr;

// What child and test share. The child does nothing that matters before `go`.
struct Shared {
  std::atomic<bool> go;
  std::atomic<bool> stop;
  std::atomic<uint64_t> made;
};

// close(2) with this bit fails: there are never so many descriptors.
constexpr uint64_t kMarked = 0x40000000;

void make_marked_call(uint64_t number) { syscall(SYS_close, kMarked | number); }

bool is_marked(const ObservedEvent& event) {
  return event.kind == ObservedEvent::Kind::kCall && event.number == SYS_close &&
         (event.arguments[0] & kMarked) != 0;
}

std::vector<uint64_t> marked_numbers(const std::vector<ObservedEvent>& events) {
  std::vector<uint64_t> numbers;
  for (const ObservedEvent& event : events) {
    if (is_marked(event)) numbers.push_back(event.arguments[0] & ~kMarked);
  }
  return numbers;
}

// Those that tracefs has switched on, which never are ours.
std::string enabled_events() {
  std::ifstream file("/sys/kernel/tracing/set_event");
  return {std::istreambuf_iterator<char>(file), {}};
}

size_t open_descriptors() {
  size_t count = 0;
  for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator("/proc/self/fd")) {
    ++count;
  }
  return count;
}

class Event : public ::testing::Test {
 protected:
  void SetUp() override {
    auto tracefs = Tracefs::find();
    if (!tracefs) GTEST_SKIP() << tracefs.error().message;
    auto layout = every_call_layout(*tracefs);
    ASSERT_TRUE(layout.ok()) << layout.error().message;
    layout_ = *layout;
    auto counter =
        CallCounter::open(running_kernel(), layout_.event, "", getpid(), EventStart::kNow);
    if (!counter) GTEST_SKIP() << counter.error().message;
    shared_ = static_cast<Shared*>(
        mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    ASSERT_NE(shared_, MAP_FAILED);
    new (shared_) Shared{};
  }

  void TearDown() override {
    if (child_ > 0) kill(child_, SIGKILL);
    if (child_ > 0) waitpid(child_, nullptr, 0);
    if (shared_ != nullptr) munmap(shared_, sizeof(Shared));
  }

  void start_child(const std::function<void(Shared&)>& body) {
    child_ = fork();
    if (child_ != 0) return;
    while (!shared_->go) sched_yield();
    body(*shared_);
    _exit(0);
  }

  void wait_for_child() {
    int status = 0;
    EXPECT_EQ(waitpid(child_, &status, 0), child_);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    child_ = 0;
  }

  EveryCallLayout layout_;
  Shared* shared_ = nullptr;
  pid_t child_ = 0;
};

std::vector<ObservedEvent> read_until_end(CallRecorder& recorder) {
  std::vector<ObservedEvent> events;
  const auto add = [&](std::vector<ObservedEvent> more) {
    events.insert(events.end(), more.begin(), more.end());
  };
  while (recorder.wait(50)) add(recorder.read());
  EXPECT_TRUE(recorder.stop().ok());
  add(recorder.read());
  return events;
}

TEST_F(Event, RecordsThreadsAndChildrenWithNamesAndArguments) {
  start_child([](Shared&) {
    std::thread thread([] {
      prctl(PR_SET_NAME, "observed");
      make_marked_call(1);
    });
    thread.join();
    const pid_t grandchild = fork();
    if (grandchild == 0) {
      make_marked_call(2);
      _exit(0);
    }
    waitpid(grandchild, nullptr, 0);
    syscall(SYS_close, 0xabcdef0100000000 | kMarked | 3);
  });
  auto recorder = CallRecorder::of_running_process(running_kernel(), layout_, child_);
  ASSERT_TRUE(recorder.ok()) << recorder.error().message;
  shared_->go = true;
  const std::vector<ObservedEvent> events = read_until_end(*recorder);
  wait_for_child();
  EXPECT_THAT(marked_numbers(events), testing::ElementsAre(1, 2, 0xabcdef0100000003));
  EXPECT_EQ(*recorder->lost(), 0u);
  const auto named = std::ranges::find(events, "observed", &ObservedEvent::name);
  ASSERT_NE(named, events.end());
  EXPECT_EQ(named->kind, ObservedEvent::Kind::kName);
  const auto marked = std::ranges::find_if(events, is_marked);
  EXPECT_EQ(marked->tid, named->tid);
  EXPECT_NE(marked->tid, marked->pid);
  EXPECT_GT(marked->time, named->time);
  EXPECT_TRUE(std::ranges::is_sorted(events, {}, &ObservedEvent::time));
  const auto started = [&](ObservedEvent::Kind kind) {
    return std::ranges::count_if(
        events, [&](const auto& event) { return event.kind == kind && event.tid == marked->tid; });
  };
  EXPECT_EQ(started(ObservedEvent::Kind::kStart), 1);
  EXPECT_EQ(started(ObservedEvent::Kind::kEnd), 1);
}

TEST_F(Event, ANewProcessIsRecordedFromItsExecOn) {
  start_child([](Shared&) {
    make_marked_call(1);
    execl("/bin/sh", "sh", "-c", "exit 0", nullptr);
  });
  auto recorder = CallRecorder::of_new_process(running_kernel(), layout_, child_);
  ASSERT_TRUE(recorder.ok()) << recorder.error().message;
  shared_->go = true;
  const auto events = read_until_end(*recorder);
  wait_for_child();
  EXPECT_TRUE(marked_numbers(events).empty());
  EXPECT_EQ(events.front().kind, ObservedEvent::Kind::kExec);
  EXPECT_EQ(events.front().name, "sh");
  EXPECT_TRUE(std::ranges::any_of(events, [](const ObservedEvent& event) {
    return event.kind == ObservedEvent::Kind::kCall && event.number == SYS_exit_group;
  }));
  EXPECT_EQ(*recorder->lost(), 0u);
}

// The ring is too small for what nobody reads meanwhile.
TEST_F(Event, EveryLostCallIsReported) {
  constexpr uint64_t kCalls = 50'000;
  start_child([](Shared&) {
    for (uint64_t i = 0; i < kCalls; ++i) make_marked_call(i);
  });
  constexpr size_t kSmallRing = size_t{64} << 10;
  // From before the recorder: while the child waits it makes calls, too.
  auto all =
      CallCounter::open(running_kernel(), layout_.event, "id >= 0", child_, EventStart::kNow);
  auto recorder = CallRecorder::of_running_process(running_kernel(), layout_, child_, kSmallRing);
  auto counter = CallCounter::open(running_kernel(), layout_.event,
                                   "id == " + std::to_string(SYS_close), child_, EventStart::kNow);
  ASSERT_TRUE(all.ok() && recorder.ok() && counter.ok());
  shared_->go = true;
  wait_for_child();
  const auto events = read_until_end(*recorder);
  const auto lost = recorder->lost();
  ASSERT_TRUE(lost.ok());
  EXPECT_GT(*lost, kCalls / 2);
  EXPECT_EQ(*counter->read(), kCalls);
  const uint64_t accounted = marked_numbers(events).size() + *lost;
  EXPECT_GE(accounted, kCalls);
  EXPECT_LE(accounted, *all->read());
}

// Threads come and go while their process is given events: from then on each call is there once.
// They sleep before they call, so that some were found by their number and some by their starter.
TEST_F(Event, ThreadsThatComeUpMeanwhileAreRecordedOnce) {
  constexpr int kStarters = 8;
  start_child([](Shared& shared) {
    std::vector<std::thread> starters;
    for (int i = 0; i < kStarters; ++i) {
      starters.emplace_back([&shared] {
        while (!shared.stop) {
          std::thread([&shared] {
            usleep(2000);
            make_marked_call(++shared.made);
          }).join();
        }
      });
    }
    for (std::thread& starter : starters) starter.join();
  });
  shared_->go = true;
  while (shared_->made < 100) usleep(1000);
  auto recorder = CallRecorder::of_running_process(running_kernel(), layout_, child_);
  ASSERT_TRUE(recorder.ok()) << recorder.error().message;
  const uint64_t first = shared_->made + kStarters + 1;  // the others may be on their way
  while (shared_->made < first + 500) usleep(1000);
  shared_->stop = true;
  std::vector<uint64_t> numbers = marked_numbers(read_until_end(*recorder));
  wait_for_child();
  EXPECT_EQ(*recorder->lost(), 0u);
  std::ranges::sort(numbers);
  EXPECT_EQ(std::ranges::adjacent_find(numbers), numbers.end()) << "recorded twice";
  for (uint64_t i = first; i <= shared_->made; ++i) {
    EXPECT_TRUE(std::ranges::binary_search(numbers, i)) << i << " is missing";
  }
}

TEST_F(Event, AnObserverThatIsKilledLeavesNothingBehind) {
  start_child([](Shared& shared) {
    while (!shared.stop) make_marked_call(++shared.made);
  });
  shared_->go = true;
  const std::string enabled = enabled_events();
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t observer = fork();
  if (observer == 0) {
    auto recorder = CallRecorder::of_running_process(running_kernel(), layout_, child_);
    auto counter = CallCounter::open(running_kernel(), layout_.event, "", child_, EventStart::kNow);
    if (!recorder || !counter || write(ready[1], "", 1) != 1) _exit(1);
    for (;;) pause();
  }
  char byte;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  kill(observer, SIGKILL);
  int status = 0;
  ASSERT_EQ(waitpid(observer, &status, 0), observer);
  EXPECT_TRUE(WIFSIGNALED(status));
  const uint64_t made = shared_->made;
  while (shared_->made < made + 1000) usleep(1000);
  EXPECT_EQ(waitpid(child_, nullptr, WNOHANG), 0);
  for (const auto& fd :
       std::filesystem::directory_iterator("/proc/" + std::to_string(child_) + "/fd")) {
    std::error_code error;
    EXPECT_THAT(std::filesystem::read_symlink(fd, error).string(), Not(HasSubstr("perf_event")));
  }
  EXPECT_EQ(enabled_events(), enabled);
  shared_->stop = true;
  wait_for_child();
  close(ready[0]);
  close(ready[1]);
}

TEST_F(Event, AProcessThatIsNotThere) {
  const auto recorder = CallRecorder::of_running_process(running_kernel(), layout_, 0x3fffff);
  ASSERT_FALSE(recorder.ok());
  EXPECT_EQ(recorder.error().saved_errno, ENOENT);
}

TEST_F(Event, AFilterThatTheKernelDoesNotTakeIsNamed) {
  const auto counter = CallCounter::open(running_kernel(), layout_.event, "nonsense == 1", getpid(),
                                         EventStart::kNow);
  ASSERT_FALSE(counter.ok());
  EXPECT_EQ(counter.error().message,
            "the kernel does not take the event filter 'nonsense == 1': Invalid argument");
}

TEST(EventErrors, EachRefusalHasASentenceAndLeavesNoDescriptor) {
  struct Case {
    int error;
    const char* text;
  };
  for (const Case& one : {Case{EACCES, "CAP_PERFMON"}, Case{EPERM, "CAP_PERFMON"},
                          Case{EMFILE, "ulimit -n"}, Case{ENOSYS, "CONFIG_PERF_EVENTS"},
                          Case{ESRCH, "has ended"}, Case{EINVAL, "opens no event"}}) {
    FakeKernel kernel;
    kernel.fail(1, -one.error);
    const auto counter = CallCounter::open(kernel, 1, "x == 1", getpid(), EventStart::kNow);
    ASSERT_FALSE(counter.ok());
    EXPECT_EQ(counter.error().code, ErrorCode::kKernel);
    EXPECT_EQ(counter.error().saved_errno, one.error);
    EXPECT_THAT(counter.error().message, HasSubstr(one.text));
  }
}

TEST(EventErrors, WhicheverCallOfACounterFails) {
  const size_t before = open_descriptors();
  for (int nth = 1; nth <= 3; ++nth) {
    FakeKernel kernel;
    kernel.fail(nth, -EIO);
    EXPECT_FALSE(CallCounter::open(kernel, 1, "x == 1", getpid(), EventStart::kNow).ok()) << nth;
    EXPECT_EQ(kernel.calls().size(), static_cast<size_t>(nth));
    EXPECT_EQ(open_descriptors(), before);
  }
  FakeKernel kernel;
  EXPECT_TRUE(CallCounter::open(kernel, 1, "x == 1", getpid(), EventStart::kNow).ok());
  EXPECT_EQ(open_descriptors(), before);
}

TEST(EventErrors, WhicheverCallOfARecorderFails) {
  const size_t before = open_descriptors();
  for (int nth = 1; nth <= 2; ++nth) {
    FakeKernel kernel;
    kernel.fail(nth, -EIO);
    const auto recorder = CallRecorder::of_running_process(kernel, {1, 8, 16}, getpid());
    ASSERT_FALSE(recorder.ok());
    EXPECT_EQ(recorder.error().saved_errno, EIO);
    EXPECT_EQ(open_descriptors(), before);
  }
  FakeKernel kernel;
  const auto recorder = CallRecorder::of_running_process(kernel, {1, 8, 16}, getpid());
  ASSERT_FALSE(recorder.ok());  // its descriptors have no memory
  EXPECT_THAT(recorder.error().message, HasSubstr("no memory for the kernel's records"));
  EXPECT_EQ(open_descriptors(), before);
}

TEST(EventErrors, EventsThatTheKernelDoesNotHave) {
  const Tracefs nowhere("/nonexistent");
  const auto layout = every_call_layout(nowhere);
  ASSERT_FALSE(layout.ok());
  EXPECT_THAT(layout.error().message, HasSubstr("no event raw_syscalls/sys_enter"));
  const auto event =
      nowhere.event_of(*find_syscall(native_architecture(), std::string_view("read")));
  ASSERT_FALSE(event.ok());
  EXPECT_EQ(event.error().message,
            "this kernel has no trace event for read: it was configured without that call");
}

}  // namespace
}  // namespace qsbx
