// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/filter_dump.h"

#include <errno.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <future>
#include <string>
#include <thread>

namespace qsbx {
namespace {

constexpr std::chrono::seconds kPatience(2);
constexpr std::chrono::seconds kLongest(5);
constexpr std::chrono::milliseconds kBetweenTries(2);
constexpr int kTimesUntraced = 3;

bool has_tracer(pid_t tid) {
  std::ifstream status("/proc/" + std::to_string(tid) + "/status");
  for (std::string field; status >> field;) {
    int tracer = 0;
    if (field == "TracerPid:") return status >> tracer && tracer != 0;
  }
  return false;
}

Error refused(pid_t tid, const char* what) {
  const int number = errno;
  const std::string needs =
      number == ESRCH
          ? ""
          : "; it needs root (CAP_SYS_ADMIN), no filter on qsbx itself, no other tracer, "
            "and a kernel with CONFIG_CHECKPOINT_RESTORE";
  return Error{
      ErrorCode::kKernel,
      std::string(what) + " of thread " + std::to_string(tid) + ": " + strerror(number) + needs,
      number};
}

// A thread that is stopped, by us, as long as the object lives.
class StoppedThread {
 public:
  explicit StoppedThread(pid_t tid) : tid_(tid) {
    attached_ = seize();
    int status = 0;
    stopped_ = attached_ && ptrace(PTRACE_INTERRUPT, tid_, nullptr, nullptr) == 0 &&
               waitpid(tid_, &status, __WALL) == tid_ && WIFSTOPPED(status);
    if (stopped_ && status >> 16 != PTRACE_EVENT_STOP) signal_ = WSTOPSIG(status);
    if (!stopped_ && (WIFEXITED(status) || WIFSIGNALED(status))) errno = ESRCH;
  }
  ~StoppedThread() {
    if (attached_) ptrace(PTRACE_DETACH, tid_, nullptr, signal_);
  }
  StoppedThread(const StoppedThread&) = delete;
  StoppedThread& operator=(const StoppedThread&) = delete;

  bool stopped() const { return stopped_; }

  // The length of the filter, into `instructions` when that is not null; -1 and ENOENT past the
  // last one.
  long filter(size_t index, Instruction* instructions) const {
    return ptrace(PTRACE_SECCOMP_GET_FILTER, tid_, index, instructions);
  }

 private:
  bool try_to_seize() const { return ptrace(PTRACE_SEIZE, tid_, nullptr, nullptr) == 0; }

  // A thread has one tracer at a time, and others read filters, too: libvirt's hook while somebody
  // watches. Each takes an instant. One that has let go meanwhile is not seen any more, so that
  // there is none has to be seen more than once.
  bool seize() const {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    int times_untraced = 0;
    while (!try_to_seize()) {
      if (errno != EPERM || std::chrono::steady_clock::now() > until) return false;
      if (!has_tracer(tid_) && ++times_untraced == kTimesUntraced) return try_to_seize();
      std::this_thread::sleep_for(kBetweenTries);
    }
    return true;
  }

  pid_t tid_;
  bool attached_ = false;
  bool stopped_ = false;
  // That stopped the thread before we did; it has it only when it gets it back.
  long signal_ = 0;
};

Result<std::vector<Program>> read_filters(pid_t tid) {
  const StoppedThread thread(tid);
  if (!thread.stopped()) return refused(tid, "cannot stop and read the filters");
  std::vector<Program> programs;
  for (size_t index = 0;; index++) {
    const long length = thread.filter(index, nullptr);
    // EINVAL: the thread has no filter at all.
    if (length < 0 && (errno == ENOENT || errno == EINVAL)) return programs;
    if (length < 0) return refused(tid, "cannot read the filters");
    Program program(static_cast<size_t>(length));
    if (thread.filter(index, program.data()) != length) return refused(tid, "cannot read a filter");
    programs.push_back(std::move(program));
  }
}

}  // namespace

// Only its tracer can let a thread go, and that only when it has stopped. So whoever waits for that
// is a thread of its own, which stays until then.
Result<std::vector<Program>> filters_of_thread(pid_t tid) {
  std::packaged_task<Result<std::vector<Program>>()> reading([tid] { return read_filters(tid); });
  auto read = reading.get_future();
  std::thread(std::move(reading)).detach();
  if (read.wait_for(kLongest) == std::future_status::ready) return read.get();
  return Error{ErrorCode::kKernel,
               "thread " + std::to_string(tid) +
                   " does not stop, so its filters cannot be read: it waits in the kernel, as for "
                   "storage that does not answer",
               ETIMEDOUT};
}

}  // namespace qsbx
