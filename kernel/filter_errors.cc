// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/filter_errors.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "kernel/thread_state.h"
#include "src/bpf/kernel_cost.h"

namespace qsbx {
namespace {

std::string reason(int error) {
  switch (error) {
    case EINVAL:
      return "it does not take the program or the flags; `qsbx probe` shows what it can do";
    case EACCES:
      return "no_new_privs is not set and the process lacks CAP_SYS_ADMIN";
    case EPERM:
      return "a filter that is already in force denies seccomp(2); it has to grant it";
    case ENOMEM:
      return "it is out of memory, or no room is left for filters; inherit fewer of them";
    case ENOSYS:
      return "it was built without CONFIG_SECCOMP_FILTER, or a filter in force hides seccomp(2)";
    case EBUSY:
      return "a filter in force already has a listener (a container manager's, or an earlier "
             "audit), and there can be one only; use mode errno or enforce, without a broker "
             "(--open)";
    case EMFILE:
    case ENFILE:
      return "no file descriptor is free for the listener of mode audit, or of a broker; raise the "
             "limit (ulimit -n)";
    default:
      return strerror(error);
  }
}

std::string quoted_thread(const ThreadState& thread) {
  return "thread " + std::to_string(thread.tid) + " \"" + thread.name + "\"";
}

Error stranger_error(const std::string& thread, size_t count) {
  return {ErrorCode::kThread,
          thread + " has a seccomp filter of its own, so none of the " + std::to_string(count) +
              " threads of this process was locked down; a filter must be installed for all "
              "threads, or before they are started"};
}

// More filters than the calling thread has: they cannot all be ancestors of its own.
bool is_stranger(const ThreadState& thread, const ThreadState& self) {
  if (thread.seccomp_mode == 0) return false;
  return thread.seccomp_mode == 1 || self.seccomp_mode == 0 || thread.filters > self.filters;
}

const ThreadState* find_thread(const std::vector<ThreadState>& threads, pid_t tid) {
  const auto found = std::ranges::find(threads, tid, &ThreadState::tid);
  return found == threads.end() ? nullptr : &*found;
}

const ThreadState* find_stranger(const std::vector<ThreadState>& threads) {
  const ThreadState* self = find_thread(threads, gettid());
  if (self == nullptr) return nullptr;
  const auto found = std::ranges::find_if(
      threads, [&](const ThreadState& thread) { return is_stranger(thread, *self); });
  return found == threads.end() ? nullptr : &*found;
}

// `tid` is 0 when the kernel does not say which thread it is.
Error thread_refused(pid_t tid) {
  const auto threads = threads_of(getpid());
  if (!threads) {
    return stranger_error(tid > 0 ? "thread " + std::to_string(tid) : "some thread", 0);
  }
  const ThreadState* thread = tid > 0 ? find_thread(*threads, tid) : find_stranger(*threads);
  const std::string name = thread    ? quoted_thread(*thread)
                           : tid > 0 ? "thread " + std::to_string(tid)
                                     : "some thread";
  return stranger_error(name, threads->size());
}

// The filters that this thread has already; 0 when that is not known.
int filters_in_force() {
  const auto threads = threads_of(getpid());
  const ThreadState* self = threads ? find_thread(*threads, gettid()) : nullptr;
  return self == nullptr ? 0 : std::max(self->filters, 0);
}

Error no_room_for(const Program& program) {
  const int others = filters_in_force();
  return {ErrorCode::kKernel,
          "the kernel refused the filter: it is out of memory, or the filters of this process "
          "together exceed " +
              std::to_string(kStackLimit) + " instructions, of which this one takes " +
              std::to_string(converted_length(program)) +
              (others > 0 ? " beside the " + std::to_string(others) + " in force" : "") +
              "; inherit fewer filters",
          ENOMEM};
}

}  // namespace

Error refused_by_kernel(const std::string& what, int error) {
  return {ErrorCode::kKernel, "the kernel refused " + what + ": " + reason(error), error};
}

Status check_no_thread_is_a_stranger() {
  const auto threads = threads_of(getpid());
  // Without /proc, or without a free descriptor, only the install itself can tell.
  if (!threads) return Done{};
  const ThreadState* stranger = find_stranger(*threads);
  if (stranger == nullptr) return Done{};
  return stranger_error(quoted_thread(*stranger), threads->size());
}

Status check_single_thread() {
  const std::string found = threads_beside_this();
  if (found.empty()) return Done{};
  return Error{ErrorCode::kThread,
               "prctl(PR_SET_SECCOMP) locks down one thread only, and " + found +
                   ", so nothing was locked down; do it before threads are started, or on a kernel "
                   "with seccomp(2) (Linux 3.17)"};
}

Error install_error(int result, const Program& program) {
  if (result > 0) return thread_refused(result);
  if (result == -ESRCH) return thread_refused(0);
  if (result == -ENOMEM) return no_room_for(program);
  return refused_by_kernel("the filter", -result);
}

}  // namespace qsbx
