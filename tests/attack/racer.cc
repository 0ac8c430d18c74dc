// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A library that is preloaded into QEMU and races its lockdown: from before main() on, threads ask
// in a loop whether a file may be read, by a call that lockdown refuses without ending the process.
// One of the loops has each question asked by a thread of its own. What they see goes to a file
// that $QSBX_RACE names, a Lane for each loop.
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

constexpr int kLanes = 4;
constexpr int kLaneOfNewThreads = kLanes - 1;

struct Lane {
  std::atomic<uint64_t> successes;
  std::atomic<uint64_t> refusals;
  std::atomic<uint64_t> successes_after_refusal;
  std::atomic<uint64_t> last_success;  // when that call began; nanoseconds of CLOCK_REALTIME_COARSE
};

struct Race {
  Lane lanes[kLanes];
  std::atomic<uint64_t> is_over;  // the reader says so
};

Race* race = nullptr;

// The clock that files get their times from.
uint64_t now() {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME_COARSE, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1000000000 + static_cast<uint64_t>(time.tv_nsec);
}

void ask(Lane& lane) {
  const bool was_refused = lane.refusals > 0;
  const uint64_t begin = now();
  if (access("/etc/passwd", R_OK) != 0) {
    lane.refusals++;
    return;
  }
  lane.successes++;
  if (was_refused) lane.successes_after_refusal++;
  lane.last_success = begin;
}

void* ask_once(void* lane) {
  ask(*static_cast<Lane*>(lane));
  return nullptr;
}

void* ask_on(void* lane) {
  while (race->is_over == 0) ask(*static_cast<Lane*>(lane));
  return nullptr;
}

void* ask_by_new_threads(void* lane) {
  while (race->is_over == 0) {
    pthread_t thread;
    if (pthread_create(&thread, nullptr, ask_once, lane) == 0) pthread_join(thread, nullptr);
  }
  return nullptr;
}

void start_lanes() {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (int i = 0; i < kLanes; i++) {
    pthread_t thread;
    pthread_create(&thread, nullptr, i == kLaneOfNewThreads ? ask_by_new_threads : ask_on,
                   &race->lanes[i]);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

[[gnu::constructor]] void start_race() {
  const char* name = getenv("QSBX_RACE");
  if (name == nullptr || strstr(program_invocation_short_name, "qemu-system") == nullptr) return;
  const int fd = open(name, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void* memory = mmap(nullptr, sizeof(Race), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (memory == MAP_FAILED) return;
  race = static_cast<Race*>(memory);
  start_lanes();
}

}  // namespace
