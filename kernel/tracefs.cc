// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/tracefs.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace qsbx {
namespace {

constexpr const char* kFolders[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};

Error not_there(int error) {
  const std::string folder = kFolders[0];
  if (error == EACCES || error == EPERM) {
    return {ErrorCode::kKernel, folder + " may not be read: the kernel's trace events need root",
            error};
  }
  return {ErrorCode::kKernel,
          "there is no " + folder + "/events: mount it (mount -t tracefs tracefs " + folder +
              "); the kernel needs CONFIG_EVENT_TRACING",
          error};
}

}  // namespace

Result<Tracefs> Tracefs::find() {
  int first_error = 0;
  for (const char* folder : kFolders) {
    const std::string events = std::string(folder) + "/events/" + kEveryCallEvent + "/format";
    if (access(events.c_str(), R_OK) == 0) return Tracefs(folder);
    if (first_error == 0) first_error = errno;
  }
  return not_there(first_error);
}

Result<EventFormat> Tracefs::event(const std::string& name) const {
  const std::string path = folder_ + "/events/" + name + "/format";
  std::ifstream file(path);
  if (!file) {
    const int error = errno;
    return Error{ErrorCode::kKernel,
                 "the kernel has no event " + name + " (" + path + ": " + strerror(error) + ")",
                 error};
  }
  std::stringstream text;
  text << file.rdbuf();
  if (auto format = read_event_format(text.str())) return *std::move(format);
  return Error{ErrorCode::kKernel, path + " is not in the form of an event's format"};
}

Result<EventFormat> Tracefs::event_of(const Syscall& call) const {
  for (const std::string& name : event_names(call.name)) {
    auto format = event("syscalls/" + name);
    if (format.ok() || format.error().saved_errno != ENOENT) return format;
  }
  return Error{ErrorCode::kKernel,
               "this kernel has no trace event for " + std::string(call.name) +
                   ": it was configured without that call",
               ENOENT};
}

}  // namespace qsbx
