// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bench/filtered_child.h"

#include <errno.h>
#include <linux/kvm.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "kernel/kernel.h"

namespace qsbx::bench {
namespace {

struct Request {
  Kind kind;
  int count;
};

void make_call(Kind kind) {
  switch (kind) {
    case Kind::kAllowed:
      syscall(SYS_getpid);
      return;
    case Kind::kIoctl:
      syscall(SYS_ioctl, -1, KVM_RUN, 0);
      return;
    case Kind::kMmap:
      syscall(SYS_mmap, nullptr, 0, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      return;
    case Kind::kDenied:
      syscall(SYS_clone3, nullptr, 0);
      return;
  }
}

double nanoseconds() {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

double timed(const Request& request) {
  for (int i = 0; i < request.count / 8; ++i) make_call(request.kind);
  const double start = nanoseconds();
  for (int i = 0; i < request.count; ++i) make_call(request.kind);
  return (nanoseconds() - start) / request.count;
}

bool install(Program program) {
  struct sock_fprog filter = {static_cast<unsigned short>(program.size()), program.data()};
  return running_kernel().seccomp(SECCOMP_SET_MODE_FILTER, 0, &filter) == 0;
}

// All children on one processor: they never run at the same time, and see the same conditions.
void stay_on_one_processor() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  for (int cpu = CPU_SETSIZE - 1; cpu >= 0; --cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    CPU_ZERO(&allowed);
    CPU_SET(cpu, &allowed);
    sched_setaffinity(0, sizeof allowed, &allowed);
    return;
  }
}

[[noreturn]] void serve(const Stack& filters, int requests, int answers) {
  stay_on_one_processor();
  bool ready = running_kernel().set_no_new_privs() == 0;
  for (const Program& filter : filters) ready = ready && install(filter);
  double answer = ready ? 0 : -errno;
  Request request;
  while (write(answers, &answer, sizeof answer) == sizeof answer &&
         read(requests, &request, sizeof request) == sizeof request) {
    answer = timed(request);
  }
  _exit(0);
}

[[noreturn]] void give_up(const char* what) {
  fprintf(stderr, "%s\n", what);
  exit(2);
}

double answer_from(int answers) {
  double answer = 0;
  if (read(answers, &answer, sizeof answer) != sizeof answer) {
    give_up("a child under a filter has died");
  }
  return answer;
}

}  // namespace

FilteredChild::FilteredChild(const Stack& filters) {
  int requests[2];
  int answers[2];
  if (pipe(requests) != 0 || pipe(answers) != 0) give_up("no pipe");
  fflush(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    close(requests[1]);
    close(answers[0]);
    serve(filters, requests[0], answers[1]);
  }
  close(requests[0]);
  close(answers[1]);
  requests_ = requests[1];
  answers_ = answers[0];
  if (answer_from(answers_) != 0) give_up("a filter cannot be installed");
}

FilteredChild::~FilteredChild() {
  close(requests_);
  close(answers_);
  // Its pipe is still open in younger children.
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

double FilteredChild::time(Kind kind, int count) const {
  const Request request = {kind, count};
  if (write(requests_, &request, sizeof request) != sizeof request) give_up("a child has died");
  return answer_from(answers_);
}

}  // namespace qsbx::bench
