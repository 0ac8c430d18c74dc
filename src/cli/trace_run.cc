// SPDX-License-Identifier: LGPL-2.1-or-later
#include "src/cli/trace_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/compile/event_filter.h"
#include "src/syscalls/syscall_table.h"

namespace qsbx {
namespace {

constexpr int kLookAtLeastEvery = 100;  // milliseconds
constexpr int kEndingSignals[] = {SIGINT, SIGTERM, SIGHUP};

volatile sig_atomic_t observed_child = 0;
volatile sig_atomic_t ended_by_signal = 0;

void on_ending_signal(int signal) {
  if (observed_child != 0) {
    kill(observed_child, signal);
  } else {
    ended_by_signal = 1;
  }
}

void handle_ending_signals() {
  struct sigaction action = {};
  action.sa_handler = on_ending_signal;
  action.sa_flags = SA_RESTART;
  for (const int signal : kEndingSignals) sigaction(signal, &action, nullptr);
}

Error lacking(const std::string& what, int error) {
  return {ErrorCode::kKernel, what + ": " + strerror(error), error};
}

[[noreturn]] void become_qemu(const RunOptions& options, int wait_for) {
  char go = 0;
  if (read(wait_for, &go, 1) != 1) _exit(1);  // the observer has ended
  close(wait_for);
  _exit(run_command(options));
}

// Each rule takes a descriptor. The child has the user's own limit.
void allow_many_descriptors() {
  struct rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

Result<std::vector<CallCounter>> counters_of(const RuleCount& rule, const Tracefs& tracefs,
                                             pid_t tid) {
  const Syscall* call = find_syscall(native_architecture(), rule.number);
  auto event = tracefs.event_of(*call);
  if (!event) return event.error();
  auto filters = event_filters(rule.grant->condition, argument_fields(*event));
  if (!filters) return filters.error();
  std::vector<CallCounter> counters;
  for (const std::string& filter : *filters) {
    auto counter = CallCounter::open(running_kernel(), event->id, filter, tid, EventStart::kAtExec);
    if (!counter) return counter.error();
    counters.push_back(std::move(*counter));
  }
  return counters;
}

}  // namespace

Result<WaitingQemu> WaitingQemu::start(const RunOptions& options) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return lacking("no pipe for QEMU", errno);
  OwnedFd wait_for(ends[0]), go(ends[1]);
  const pid_t pid = fork();
  if (pid < 0) return lacking("no process for QEMU", errno);
  if (pid == 0) {
    close(go.release());
    become_qemu(options, wait_for.get());
  }
  allow_many_descriptors();
  return WaitingQemu(pid, std::move(go));
}

void WaitingQemu::go() {
  (void)!write(go_.get(), "", 1);
  go_ = OwnedFd();
}

int WaitingQemu::wait_for_end() const {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

void RuleCounters::open(TraceRecord& record, const Tracefs& tracefs, pid_t tid) {
  for (size_t i = 0; i < record.rules().size(); ++i) {
    auto counters = counters_of(record.rules()[i], tracefs, tid);
    if (counters) {
      counters_.emplace_back(i, std::move(*counters));
    } else {
      record.rules()[i].why_not_kernel = counters.error().message;
    }
  }
}

void RuleCounters::read(TraceRecord& record) const {
  for (const auto& [place, counters] : counters_) {
    uint64_t sum = 0;
    for (const CallCounter& counter : counters) {
      auto count = counter.read();
      if (!count) {
        record.rules()[place].why_not_kernel = count.error().message;
        break;
      }
      sum += *count;
    }
    if (record.rules()[place].why_not_kernel.empty()) record.rules()[place].from_kernel = sum;
  }
}

void forward_signals_to(pid_t child) {
  observed_child = child;
  handle_ending_signals();
}

void end_recording_at_signals() { handle_ending_signals(); }

Status record_until_end(CallRecorder& recorder, TraceRecord& record) {
  while (ended_by_signal == 0 && recorder.wait(kLookAtLeastEvery)) {
    for (const ObservedEvent& event : recorder.read()) record.add(event);
  }
  if (auto stopped = recorder.stop(); !stopped) return stopped;
  for (const ObservedEvent& event : recorder.read()) record.add(event);
  record.finish();
  return Done{};
}

}  // namespace qsbx
