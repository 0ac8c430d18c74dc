// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/event.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <utility>

namespace qsbx {
namespace {

std::string why_not_opened(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return "observing needs root or CAP_PERFMON (or kernel.perf_event_paranoid at -1)";
    case EMFILE:
    case ENFILE:
      return "no file descriptor is left for another event; raise the limit (ulimit -n)";
    case ENOENT:
    case ENOSYS:
    case EOPNOTSUPP:
      return "this kernel has no perf events on tracepoints (CONFIG_PERF_EVENTS, "
             "CONFIG_EVENT_TRACING)";
    case ESRCH:
      return "the thread has ended";
    default:
      return "the kernel opens no event";
  }
}

Error not_opened(int error) {
  return {ErrorCode::kKernel, why_not_opened(error) + ": " + strerror(error), error};
}

Error not_filtered(const std::string& filter, int error) {
  return {ErrorCode::kKernel,
          "the kernel does not take the event filter '" + filter + "': " + strerror(error), error};
}

}  // namespace

OwnedFd& OwnedFd::operator=(OwnedFd&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) close(fd_);
    fd_ = other.release();
  }
  return *this;
}

OwnedFd::~OwnedFd() {
  if (fd_ >= 0) close(fd_);
}

int OwnedFd::release() { return std::exchange(fd_, -1); }

struct perf_event_attr event_attributes(unsigned id, EventStart start) {
  struct perf_event_attr attributes = {};
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.size = sizeof attributes;
  attributes.config = id;
  attributes.inherit = 1;
  attributes.disabled = 1;
  attributes.enable_on_exec = start == EventStart::kAtExec;
  return attributes;
}

Result<OwnedFd> open_event(Kernel& kernel, struct perf_event_attr attributes, pid_t tid, int cpu) {
  const int fd = kernel.perf_event_open(&attributes, tid, cpu, PERF_FLAG_FD_CLOEXEC);
  if (fd < 0) return not_opened(-fd);
  return OwnedFd(fd);
}

Result<CallCounter> CallCounter::open(Kernel& kernel, unsigned event, const std::string& filter,
                                      pid_t tid, EventStart start) {
  auto fd = open_event(kernel, event_attributes(event, start), tid, -1);
  if (!fd) return fd.error();
  if (!filter.empty()) {
    const int set = kernel.perf_event_control(fd->get(), PERF_EVENT_IOC_SET_FILTER,
                                              const_cast<char*>(filter.c_str()));
    if (set < 0) return not_filtered(filter, -set);
  }
  if (start == EventStart::kNow) {
    const int enabled = kernel.perf_event_control(fd->get(), PERF_EVENT_IOC_ENABLE, nullptr);
    if (enabled < 0) return not_opened(-enabled);
  }
  return CallCounter(std::move(*fd));
}

Result<uint64_t> CallCounter::read() const {
  uint64_t count = 0;
  if (::read(fd_.get(), &count, sizeof count) == sizeof count) return count;
  const int error = errno;
  return Error{ErrorCode::kKernel, std::string("a count cannot be read: ") + strerror(error),
               error};
}

}  // namespace qsbx
