// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The backend `event`: observes calls, and changes nothing about them. The kernel counts those that
// a filter string matches (src/compile/event_filter.h), or records them (kernel/call_recorder.h).
//
// What is observed is a thread with all that it starts: threads and processes. Nothing of it is in
// a file or outlives the descriptors: when the observer ends, however it ends, the kernel takes the
// events away and the observed process runs on.
//
// A call that a seccomp filter refuses is not seen: the kernel asks filters first.
#ifndef QSBX_KERNEL_EVENT_H_
#define QSBX_KERNEL_EVENT_H_

#include <linux/perf_event.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "kernel/kernel.h"
#include "src/errors/result.h"

namespace qsbx {

// A descriptor that is closed with its owner.
class OwnedFd {
 public:
  explicit OwnedFd(int fd = -1) : fd_(fd) {}
  OwnedFd(OwnedFd&& other) noexcept : fd_(other.release()) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept;
  OwnedFd(const OwnedFd&) = delete;
  OwnedFd& operator=(const OwnedFd&) = delete;
  ~OwnedFd();

  int get() const { return fd_; }
  int release();

 private:
  int fd_;
};

// When an event begins to count.
enum class EventStart {
  kNow,
  kAtExec,  // of the observed thread, which is not there yet
};

// What every event of this backend has in common: a tracepoint, each hit of it, and what the
// observed thread starts.
struct perf_event_attr event_attributes(unsigned id, EventStart start);

// kKernel with the way out. `cpu` -1: on every one.
Result<OwnedFd> open_event(Kernel& kernel, struct perf_event_attr attributes, pid_t tid, int cpu);

// Counts the calls of one event that match a filter string (empty: all of them).
class CallCounter {
 public:
  static Result<CallCounter> open(Kernel& kernel, unsigned event, const std::string& filter,
                                  pid_t tid, EventStart start);

  // Of the thread and of all that it has started, also of what has ended since.
  Result<uint64_t> read() const;

 private:
  explicit CallCounter(OwnedFd fd) : fd_(std::move(fd)) {}

  OwnedFd fd_;
};

}  // namespace qsbx

#endif
