// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/filter_dump.h"

#include <errno.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <cstring>
#include <string>

namespace qsbx {
namespace {

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
    attached_ = ptrace(PTRACE_SEIZE, tid_, nullptr, nullptr) == 0;
    int status = 0;
    stopped_ = attached_ && ptrace(PTRACE_INTERRUPT, tid_, nullptr, nullptr) == 0 &&
               waitpid(tid_, &status, __WALL) == tid_ && WIFSTOPPED(status);
  }
  ~StoppedThread() {
    if (attached_) ptrace(PTRACE_DETACH, tid_, nullptr, nullptr);
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
  pid_t tid_;
  bool attached_ = false;
  bool stopped_ = false;
};

}  // namespace

Result<std::vector<Program>> filters_of_thread(pid_t tid) {
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

}  // namespace qsbx
