// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Loaded into an unmodified program by LD_PRELOAD, puts filters in force in it that somebody else
// made, when somebody else says so: what QEMU would be like under another's policy, without a QEMU
// that knows of it.
//
// A thread waits at the socket whose descriptor QSBX_BENCH_LOADER names. What comes there, by
// SOCK_SEQPACKET:
//
//   each message   one program, struct sock_filter after struct sock_filter
//   end of file    all have come: they are put in force in all threads, in this order
//
// The answer is end of file when that is done, and before it, where it failed, two ints: an errno,
// and which program was refused (1 is the first, 0 none: it did not come so far). The descriptors
// of the thread are its own, so that its end closes the socket; after the last program it makes no
// call but exit. The process is left as if the library had not been there: without the thread, the
// descriptor and the two variables.

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

constexpr char kVariable[] = "QSBX_BENCH_LOADER";
constexpr int kMostPrograms = 8;
// One more than the kernel takes, so that it is the kernel who says that a program is too long.
constexpr size_t kMostInstructions = BPF_MAXINSNS + 1;

// Not on the heap, where a thread would leave an arena of its own behind.
sock_filter instructions[kMostPrograms][kMostInstructions];
sock_fprog programs[kMostPrograms];

struct Start {
  int socket;
  sem_t has_own_descriptors;
};

struct Refusal {
  int error;
  int program;
};

// How many came, or an errno below zero.
int receive_programs(int socket) {
  for (int count = 0; count <= kMostPrograms; ++count) {
    // Of one too many a single byte shows that there is one.
    char beyond;
    const bool fits = count < kMostPrograms;
    const ssize_t size = recv(socket, fits ? static_cast<void*>(instructions[count]) : &beyond,
                              fits ? sizeof instructions[count] : sizeof beyond, 0);
    if (size == 0) return count;
    if (size < 0) return -errno;
    if (!fits) return -E2BIG;
    if (size % sizeof(sock_filter) != 0) return -EINVAL;
    programs[count] = {.len = static_cast<unsigned short>(size / sizeof(sock_filter)),
                       .filter = instructions[count]};
  }
  return -E2BIG;
}

int put_in_force(const sock_fprog& program) {
  const long answer =
      syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
  if (answer < 0) return errno;
  // A thread that has a filter which this one has not.
  return answer > 0 ? ESRCH : 0;
}

Refusal receive_and_put_in_force(int socket) {
  const int count = receive_programs(socket);
  if (count < 0) return {-count, 0};
  if (count > 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return {errno, 0};
  for (int i = 0; i < count; ++i) {
    if (const int error = put_in_force(programs[i])) return {error, i + 1};
  }
  return {0, 0};
}

void* wait_and_load(void* argument) {
  Start& start = *static_cast<Start*>(argument);
  const int socket = start.socket;
  const int error = unshare(CLONE_FILES) < 0 ? errno : 0;
  sem_post(&start.has_own_descriptors);

  const Refusal refusal = error ? Refusal{error, 0} : receive_and_put_in_force(socket);
  if (refusal.error) send(socket, &refusal, sizeof refusal, MSG_NOSIGNAL);
  // When the C library ends a thread it makes more calls, which a filter may not grant.
  syscall(SYS_exit, 0);
  return nullptr;
}

// Signals are the program's; this thread takes none.
void start_thread(Start& start) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  if (pthread_create(&thread, nullptr, wait_and_load, &start) == 0) {
    while (sem_wait(&start.has_own_descriptors) < 0 && errno == EINTR) continue;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

__attribute__((constructor)) void start() {
  const char* const descriptor = getenv(kVariable);
  if (!descriptor) return;
  Start start{.socket = atoi(descriptor), .has_own_descriptors = {}};
  unsetenv(kVariable);
  unsetenv("LD_PRELOAD");
  sem_init(&start.has_own_descriptors, 0, 0);
  start_thread(start);
  close(start.socket);
}

}  // namespace
