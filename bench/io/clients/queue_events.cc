// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bench/io/clients/queue_events.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

#include "bench/io/clients/checked.h"
#include "bench/io/clients/latencies.h"

namespace qsbx::bench {
namespace {

constexpr uint64_t kMillisecond = 1'000'000;
// Longer than an iothread looks at its queues without being told to.
constexpr uint64_t kQuiet = 3 * kMillisecond;
// On a busy machine an answer may be to something else that was late. Not several times.
constexpr int kAnswers = 3;
// And it gets more time when all events have been tried.
constexpr uint64_t kTimesToAnswer[] = {10 * kMillisecond, 100 * kMillisecond, 1000 * kMillisecond};

bool answered_within(uint64_t nanoseconds, const QueueProbe& probe) {
  const uint64_t until = nanoseconds_now() + nanoseconds;
  do {
    if (probe.answered()) return true;
    usleep(100);
  } while (nanoseconds_now() < until);
  return false;
}

// Until a request stays without an answer: a device that has just been started looks at its queue
// though nobody signals.
void ask_what_waits(const QueueProbe& probe) {
  do {
    probe.ask();
  } while (answered_within(kQuiet, probe));
}

// A request waits, before and after.
bool is_of_queue(int event, uint64_t time_to_answer, const QueueProbe& probe) {
  for (int answers = 0; answers < kAnswers; ++answers) {
    signal_event(event);
    if (!answered_within(time_to_answer, probe)) return false;
    ask_what_waits(probe);
  }
  return true;
}

// The request that waits is answered before the queue is used for something else.
void end_probe(int event, const QueueProbe& probe) {
  signal_event(event);
  if (!answered_within(kTimesToAnswer[2], probe))
    throw std::runtime_error("the queue has fallen silent");
}

}  // namespace

std::set<int> events_of(pid_t process) {
  std::set<int> events;
  const std::string folder = "/proc/" + std::to_string(process) + "/fd";
  for (const auto& descriptor : std::filesystem::directory_iterator(folder)) {
    std::error_code gone;
    if (std::filesystem::read_symlink(descriptor, gone) == "anon_inode:[eventfd]") {
      events.insert(std::stoi(descriptor.path().filename()));
    }
  }
  return events;
}

void signal_event(int event) {
  const uint64_t one = 1;
  checked(write(event, &one, sizeof one), "event");
}

int find_event(pid_t process, const std::set<int>& events, const QueueProbe& probe) {
  const int handle = checked<int>(syscall(SYS_pidfd_open, process, 0), "pidfd_open");
  ask_what_waits(probe);
  for (const uint64_t time_to_answer : kTimesToAnswer) {
    for (const int event : events) {
      const int copy = checked<int>(syscall(SYS_pidfd_getfd, handle, event, 0), "pidfd_getfd");
      if (is_of_queue(copy, time_to_answer, probe)) {
        close(handle);
        end_probe(copy, probe);
        return copy;
      }
      close(copy);
    }
  }
  throw std::runtime_error("no event of the process is a queue's");
}

}  // namespace qsbx::bench
